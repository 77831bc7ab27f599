/* The fixture of all trained families, for generative adversarial networks. */
#ifndef TESTS_GAN_FIXTURE_H
#define TESTS_GAN_FIXTURE_H

#include "genmod/gan.h"
#include "model/fixture.h"

/* options: "key=value | key=value", may be NULL. */
genmod_config *fixture_config(const char *options);
gan_model *fixture_model(const char *options);
/* Sets an array of one number. */
void fixture_set(gan_model *m, const char *name, double v);
double fixture_get(const gan_model *m, const char *name);

#endif
