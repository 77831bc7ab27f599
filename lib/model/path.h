/* A part of the door of room `model`, which includes it: paths between codes,
 * path.c. */
#ifndef MODEL_PATH_H
#define MODEL_PATH_H

typedef struct model_paths {
    size_t n, z, steps; /* steps: codes of a path, both ends among them */
    int32_t path;       /* GENMOD_LINEAR, … */
    const float *from, *to, *given; /* [n, z]; labels [n], NULL: none */
    float *codes, *labels; /* [n, steps, z], [n, steps], made in scratch */
} model_paths;

/* Pairs of rows, and what the caller asked for between them. */
int32_t model_check_path(const genmod_data *from, const genmod_data *to,
                         size_t steps, int32_t path, genmod_workspace *w);
/* A path has the label of its pair; labels NULL: there are none. */
int32_t model_walk(model_paths *p, genmod_workspace *w);

#endif
