#include "gan/fixture.h"

#include "gan/internal.h"

genmod_config *fixture_config(const char *options)
{
    return fixture_config_of(&gan_family, options);
}

gan_model *fixture_model(const char *options)
{
    return fixture_model_of(&gan_family, sizeof(gan_model), options);
}

void fixture_set(gan_model *m, const char *name, double v)
{
    assert_ok(gan_set_params(m, name, 1, &v, NULL));
}

double fixture_get(const gan_model *m, const char *name)
{
    double v;
    assert_ok(gan_get_params(m, name, 1, &v, NULL, NULL));
    return v;
}
