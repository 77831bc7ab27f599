#include "vae/fixture.h"

#include "vae/internal.h"

genmod_config *fixture_config(const char *options)
{
    return fixture_config_of(&vae_family, options);
}

vae_model *fixture_model(const char *options)
{
    return fixture_model_of(&vae_family, sizeof(vae_model), options);
}
