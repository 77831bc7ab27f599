/* What a program that found the library by some build system calls. */
#include <genmod/genmod.h>

#include <stdio.h>

int main(void)
{
    const double weights[] = {0.385, 0.615};
    const double means[] = {-1.25, 2.5};
    const double variances[] = {0.75, 1.5};
    const double x[] = {0.4375};
    double density = 0;
    int32_t status = GENMOD_OK;
    genmod_config *config = NULL;
    gmm_model *model = NULL;
    genmod_data *data = NULL;
    if (genmod_version() != GENMOD_VERSION)
        return 1;
    status |= gmm_config_new(&config, NULL);
    status |= genmod_config_set_i64(config, GMM_COMPONENTS, 2, NULL);
    status |= genmod_config_set_str(config, GMM_COVARIANCE, "diagonal", NULL);
    status |= gmm_new(config, &model, NULL);
    status |= gmm_set_params(model, 2, 1, weights, means, 2, variances, NULL);
    status |= genmod_data_new(&data, NULL);
    status |= genmod_data_set_rows(data, GENMOD_F64, 1, 1, x, 0, 0, NULL);
    status |= gmm_log_density(model, data, sizeof density, &density, NULL);
    genmod_data_free(data);
    gmm_free(model);
    genmod_config_free(config);
    /* ln(0.385 N(0.4375; -1.25, 0.75) + 0.615 N(0.4375; 2.5, 1.5)) */
    printf("%d %.3f\n", (int)status, density);
    return status == GENMOD_OK && density > -2.5895 && density < -2.5886 ? 0
                                                                         : 1;
}
