/* A mixture and its surroundings for calls that must be refused. */
#ifndef TESTS_GMM_REFUSAL_H
#define TESTS_GMM_REFUSAL_H

#include "gmm/fixture.h"

#define N 40
#define D 2
#define K 3

typedef struct scene {
    ref_mixture r;
    double x[N * D], resp[N * K];
    gmm_model *m, *empty;
    genmod_config *c;
    genmod_data *view;
    genmod_workspace *w;
    fixture_bytes before;
} scene;

scene *scene_new(int type);
void scene_free(scene *s);
/* After the status `got`: the right code, a text, nothing lost. */
void refused(const char *what, scene *s, int32_t got, int32_t want);
/* The same for GENMOD_BAD_ARGUMENT with a text that holds `part`. */
void bad(const char *part, scene *s, int32_t got);

#endif
