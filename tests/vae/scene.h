/* A trained model, and calls that it refuses. */
#ifndef TESTS_VAE_SCENE_H
#define TESTS_VAE_SCENE_H

#include "vae/rows.h"

#define SCENE_N 40
#define SCENE_Z 2
#define SCENE_OPTIONS                                              \
    "code=2 | encoder=dense 8; relu | batch_size=16 | epochs=2 | " \
    "warm_start=1 | "

typedef struct scene {
    rows_table table;
    genmod_data *v, *other, *empty, *codes;
    vae_model *m, *none; /* trained; without weights */
    genmod_config *c;
    genmod_workspace *w;
    fixture_bytes before; /* the trained one's checkpoint */
    double z[SCENE_N * SCENE_Z];
    double out[SCENE_N * ROWS_D], two[SCENE_N * ROWS_D],
        three[SCENE_N * ROWS_D];
    unsigned char mark[sizeof(double) * SCENE_N * ROWS_D];
} scene;

/* Trained on a table, with its gaps if `missing`. */
scene *scene_open(const char *options, int missing);
void scene_close(scene *s);
/* The status and a text that holds `part`; model and outputs as they were, and
 * the workspace usable. */
void scene_refused(scene *s, int32_t got, int32_t want, const char *part);
/* All calls that read rows of the data refuse these in the same way. */
void scene_all_refuse(scene *s, const vae_model *m, const genmod_data *x,
                      int32_t want, const char *part);
/* And those that train s->m. */
void scene_training_refuses(scene *s, const genmod_data *x, int32_t want,
                            const char *part);

#endif
