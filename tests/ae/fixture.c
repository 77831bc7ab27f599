#include "ae/fixture.h"

#include "ae/internal.h"

genmod_config *fixture_config(const char *options)
{
    return fixture_config_of(&ae_family, options);
}

ae_model *fixture_model(const char *options)
{
    return fixture_model_of(&ae_family, sizeof(ae_model), options);
}
