/* A small network with a loss and its gradients: what the tests of replays
 * replay. */
#ifndef AD_MODEL_H
#define AD_MODEL_H

#include "ad/rig.h"

/* x [m, 61] -> 83 tanh -> 61 (output 0), and the sum of each row (output 1). */
void model_encoder(rig *r);
/* x [m, 61] -> 83 tanh -> 61: the reconstruction (output 0), its error by row
 * (output 1), the mean (output 2), and the gradients of the weights. With
 * `noise`, draws are added to x. */
void model_dense(rig *r, int noise);
/* x [m, 9, 8, 3] -> conv -> batch normalisation -> max pool -> 5 scores. */
void model_image(rig *r);

#endif
