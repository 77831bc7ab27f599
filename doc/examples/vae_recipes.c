/* What the options are for: likelihoods, priors and bounds. */
#include <math.h>

#include "mixture.h"
#include "variational.h"

#define N 192
#define SIDE 8
#define D (SIDE * SIDE)

/* Bars of brightness 0 to 1 at some angle. */
static void make_pictures(double x[N][D])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++) {
            const double a = i % 16 * 0.2, s = j % SIDE - 3.5, t = j / 8 - 3.5;
            x[i][j] = exp(-pow(s * cos(a) + t * sin(a) - i % 3 + 1, 2));
        }
}

/* What q(z|x) is told of a row, in the mean. */
static double kl(options o, double x[N][D])
{
    vae_model *m = fit_vae(o, N, D, x[0], NULL);
    const double v = vae_number(m, VAE_REPORT_KL);
    expect(isfinite(vae_number(m, VAE_REPORT_RECONSTRUCTION)), "a number");
    vae_free(m);
    return v;
}

/* Pictures by convolutions, their cells on a grid of 17 greys; a KL of 0.2 nats
 * of each number is free, so that none is given up. */
static void draw_greys(double x[N][D])
{
    static double grey[N][D];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            grey[i][j] = floor(16 * x[i][j] + 0.5) / 16;
    options o = {{VAE_INPUT, "1x8x8"},
                 {VAE_ENCODER, "conv 8 k3 s2 p1; relu; conv 16 k3 s2 p1; relu"},
                 {VAE_CODE, "4"},
                 {VAE_LIKELIHOOD, "discretised-logistic"},
                 {VAE_LEVELS, "17"},
                 {VAE_FREE_BITS, "0.2"},
                 {VAE_EPOCHS, "12"},
                 {VAE_BATCH_SIZE, "32"},
                 {VAE_SEED, "11"},
                 {VAE_OPTIMISER, "adamw"},
                 {VAE_WEIGHT_DECAY, "0.01"},
                 {VAE_BETA1, "0.8"},
                 {VAE_BETA2, "0.99"},
                 {VAE_EPSILON, "1e-7"},
                 {VAE_AVERAGE, "0.9"},
                 {NULL, NULL}};
    expect(kl(o, grey) > 0.5, "at least the free nats");
}

/* The sharper bound of five codes a row, with a gradient that does not fade as
 * they grow in number; cells are 0 or 1. */
static void weigh(double x[N][D])
{
    static double bit[N][D];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            bit[i][j] = x[i][j] > 0.5;
    options o = {{VAE_ENCODER, "dense 32; tanh"},
                 {VAE_DECODER, "dense 24; tanh"},
                 {VAE_CODE, "4"},
                 {VAE_LIKELIHOOD, "bernoulli"},
                 {VAE_OBJECTIVE, "iwae"},
                 {VAE_SAMPLES, "5"},
                 {VAE_GRADIENT, "dreg"},
                 {VAE_KL_WARMUP, "2"},
                 {VAE_EPOCHS, "15"},
                 {VAE_BATCH_SIZE, "32"},
                 {VAE_LEARNING_RATE, "0.01"},
                 {VAE_CLIP_NORM, "20"},
                 {VAE_SCHEDULE, "step"},
                 {VAE_SCHEDULE_STEPS, "45"},
                 {VAE_SCHEDULE_FACTOR, "0.3"},
                 {VAE_WARMUP_STEPS, "6"},
                 {NULL, NULL}};
    expect(kl(o, bit) > 1, "the codes are used");
}

/* A prior that is trained along; one deviation a column, at its optimum. */
static void bend_prior(double x[N][D])
{
    options mixture = {{VAE_CODE, "2"},
                       {VAE_ENCODER, "dense 32; tanh"},
                       {VAE_PRIOR, "mixture"},
                       {VAE_PRIOR_COMPONENTS, "5"},
                       {VAE_SIGMA, "optimal"},
                       {VAE_GRADIENT, "stl"},
                       {VAE_EPOCHS, "15"},
                       {VAE_BATCH_SIZE, "32"},
                       {NULL, NULL}};
    options vamp = {{VAE_CODE, "2"},          {VAE_ENCODER, "dense 32; tanh"},
                    {VAE_PRIOR, "vamp"},      {VAE_PRIOR_COMPONENTS, "8"},
                    {VAE_STANDARDISE, "0"},   {VAE_SIGMA, "fixed"},
                    {VAE_SIGMA_VALUE, "0.3"}, {VAE_EPOCHS, "15"},
                    {VAE_BATCH_SIZE, "32"},   {VAE_OPTIMISER, "rmsprop"},
                    {VAE_MOMENTUM, "0"},      {NULL, NULL}};
    expect(kl(mixture, x) > 0.5 && kl(vamp, x) > 0.5, "the codes are used");
}

/* How much the codes may say: less, by a weight; just so much, by a capacity;
 * as much as they like, if only together they follow the prior. */
static void limit(double x[N][D])
{
    options beta = {{VAE_CODE, "4"},
                    {VAE_ENCODER, "dense 32; tanh"},
                    {VAE_BETA, "8"},
                    {VAE_EPOCHS, "20"},
                    {VAE_BATCH_SIZE, "32"},
                    {VAE_OPTIMISER, "sgd"},
                    {VAE_LEARNING_RATE, "1e-4"},
                    {VAE_NESTEROV, "1"},
                    {VAE_MOMENTUM, "0.9"},
                    {NULL, NULL}};
    options capacity = {{VAE_CODE, "4"},
                        {VAE_ENCODER, "dense 32; tanh"},
                        {VAE_BETA, "20"},
                        {VAE_CAPACITY, "3"},
                        {VAE_EPOCHS, "40"},
                        {VAE_BATCH_SIZE, "32"},
                        {VAE_LEARNING_RATE, "0.005"},
                        {NULL, NULL}};
    options mmd = {{VAE_CODE, "4"},    {VAE_ENCODER, "dense 32; tanh"},
                   {VAE_BETA, "0.1"},  {VAE_MMD, "50"},
                   {VAE_EPOCHS, "20"}, {VAE_BATCH_SIZE, "32"},
                   {NULL, NULL}};
    expect(near(kl(capacity, x), 3, 0.75), "what it was given");
    expect(kl(beta, x) < kl(mmd, x), "the weight's doing");
}

/* Counts: evenly spread, or not. */
static void count(void)
{
    static double x[N][D];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            x[i][j] = (i * 7 % 12) * (j % 5) + (i * j % 3);
    options poisson = {{VAE_CODE, "2"},
                       {VAE_ENCODER, "dense 32; tanh"},
                       {VAE_LIKELIHOOD, "poisson"},
                       {VAE_EPOCHS, "12"},
                       {VAE_BATCH_SIZE, "32"},
                       {NULL, NULL}};
    options spread = {{VAE_CODE, "2"},
                      {VAE_ENCODER, "dense 32; tanh"},
                      {VAE_LIKELIHOOD, "negative-binomial"},
                      {VAE_EPOCHS, "12"},
                      {VAE_BATCH_SIZE, "32"},
                      {NULL, NULL}};
    expect(kl(poisson, x) > 0.5 && kl(spread, x) > 0.5, "the codes are used");
}

int main(void)
{
    static double x[N][D];
    make_pictures(x);
    draw_greys(x);
    weigh(x);
    bend_prior(x);
    limit(x);
    count();
    return 0;
}
