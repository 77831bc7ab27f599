/* The fixture of all trained families, for autoencoders. */
#ifndef TESTS_AE_FIXTURE_H
#define TESTS_AE_FIXTURE_H

#include "genmod/ae.h"
#include "model/fixture.h"

/* options: "key=value | key=value", may be NULL. */
genmod_config *fixture_config(const char *options);
ae_model *fixture_model(const char *options);

#endif
