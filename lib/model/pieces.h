/* A part of the door of room `model`, which includes it: a share of a loss that
 * is added up piece by piece, pieces.c. */
#ifndef MODEL_PIECES_H
#define MODEL_PIECES_H

#define MODEL_REST "rest"
typedef struct model_pieces {
    size_t count; /* 0: there is none */
    ad_program *program;
    void *arena;
    size_t bytes;
    float *sums; /* [2, n]: gradients so far, and a piece's */
    size_t first, n, room;
} model_pieces;

/* Room for the pieces of the program that there is, if there is one. */
int32_t model_pieces_ready(model_trainer *t, const model_body *b,
                           genmod_workspace *w);
void model_pieces_free(model_pieces *p);
/* Before the replay of program p, whose inputs are there: all pieces. */
void model_pieces_run(model_trainer *t, const ad_program *p,
                      genmod_workspace *w);
/* After it: adds what they left to gradients, which begin with the store's
 * first number. */
void model_pieces_add(const model_trainer *t, float *gradients,
                      genmod_workspace *w);

#endif
