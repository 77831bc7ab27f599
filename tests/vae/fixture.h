/* The fixture of all trained families, for variational autoencoders. */
#ifndef TESTS_VAE_FIXTURE_H
#define TESTS_VAE_FIXTURE_H

#include "genmod/vae.h"
#include "model/fixture.h"

/* options: "key=value | key=value", may be NULL. */
genmod_config *fixture_config(const char *options);
vae_model *fixture_model(const char *options);

#endif
