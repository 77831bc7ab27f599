/* A table of customers that must not leave the house: another one, drawn, goes
 * out in its place. Each column is of its kind, columns go together as they
 * did, nobody is copied, and rows may be asked for by what they hold.
 *
 *     cc tabular_synth.c $(pkg-config --cflags --libs genmod) -lm
 */
#include <genmod/genmod.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define N 2000
#define D 5
#define ASKED 100
enum { AGE, INCOME, PLAN, LEFT, USE };

static const char *const names[D] = {"age", "income", "plan", "left", "use"};
static const int32_t kinds[D] = {GENMOD_COUNT, GENMOD_POSITIVE,
                                 GENMOD_CATEGORICAL, GENMOD_BINARY,
                                 GENMOD_REAL};
static const int32_t levels[D] = {0, 0, 3, 0, 0};

static void expect(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "tabular_synth: %s\n", what);
    exit(1);
}

static void need(int32_t status, const genmod_workspace *w)
{
    expect(status == GENMOD_OK, genmod_workspace_error(w));
}

/* Between 0 and 1, the same for the same row and column. */
static double noise(int row, int column)
{
    uint64_t z = ((uint64_t)row * 8 + (uint64_t)column) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

/* Older customers earn more and choose larger plans; a third never uses what
 * they pay for, and leaves more often. */
static void make_table(int first, double x[N][D])
{
    for (int i = 0; i < N; i++) {
        const int row = first + i;
        const double youth = noise(row, 0), rich = noise(row, 1);
        x[i][AGE] = 18 + floor(60 * youth * youth);
        x[i][INCOME] = 900 * exp(0.02 * x[i][AGE] + 1.5 * rich);
        x[i][PLAN] = floor(x[i][INCOME] / 4000);
        x[i][PLAN] = x[i][PLAN] < 2 ? x[i][PLAN] : 2;
        x[i][USE] = noise(row, 2) < 0.33 ? 0 : 1 + x[i][PLAN] + noise(row, 3);
        x[i][LEFT] = noise(row, 4) < (x[i][USE] > 0 ? 0.1 : 0.7);
    }
}

static genmod_data *view_table(double x[N][D], genmod_workspace *w)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, w), w);
    need(genmod_data_set_schema(rows, D, kinds, levels, w), w);
    return rows;
}

/* A second's training; left alone, there are 10,000 updates of 256 rows. */
static gan_model *fit(double x[N][D], genmod_workspace *w)
{
    static const char *const small = "dense 32; lrelu 0.2; dense 32; lrelu 0.2";
    const char *const options[][2] = {
        {GAN_UPDATES, "700"},      {GAN_BATCH_SIZE, "64"},
        {GAN_GENERATOR, small},    {GAN_DISCRIMINATOR, small},
        {GAN_TEMPERATURE, "1"},    {GAN_LEARNING_RATE, "0.005"},
        {GAN_NUMERIC, "quantile"}, {GAN_MODES, "5"}}; /* of "modes" alone */
    genmod_config *c = NULL;
    genmod_data *rows = view_table(x, w);
    gan_model *m = NULL;
    need(gan_config_new(&c, w), w);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        need(genmod_config_set_str(c, options[i][0], options[i][1], w), w);
    need(gan_new(c, &m, w), w);
    need(gan_fit(m, rows, NULL, NULL, NULL, w), w);
    genmod_data_free(rows);
    genmod_config_free(c);
    return m;
}

/* Of those who do not use their plan (0), of those who do (1), of all (2). */
static double mean(double x[N][D], int column, int use)
{
    double sum = 0, rows = 0;
    for (int i = 0; i < N; i++)
        if (use == 2 || (x[i][USE] > 0) == use) {
            sum += x[i][column];
            rows++;
        }
    return sum / rows;
}

/* Customers over 60 of the largest plan, and how rare they are. */
static void ask(const gan_model *m, genmod_workspace *w)
{
    static const int32_t columns[] = {AGE, PLAN};
    static const double least[] = {60, 2}, most[] = {INFINITY, 2};
    double x[ASKED][D];
    size_t given, tried;
    need(gan_sample_where(m, 1, 0, 100000, 2, columns, least, most, -1, ASKED,
                          GENMOD_F64, sizeof x, x, &given, &tried, w),
         w);
    for (size_t i = 0; i < given; i++)
        expect(x[i][AGE] >= 60 && x[i][PLAN] == 2, "not what was asked for");
    printf("over 60, largest plan: %zu of %zu drawn\n", given, tried);
}

int main(void)
{
    static double x[N][D], held[N][D], made[N][D];
    double copies[3];
    genmod_workspace *w = NULL;
    need(genmod_workspace_new(NULL, &w), NULL);
    make_table(0, x);
    make_table(N, held);
    gan_model *m = fit(x, w);
    need(gan_sample(m, 1, 0, N, NULL, GENMOD_F64, sizeof made, made, w), w);
    for (int j = 0; j < D; j++)
        printf("%-7s mean %8.2f, of drawn rows %8.2f\n", names[j],
               mean(x, j, 2), mean(made, j, 2));
    for (int use = 0; use < 2; use++)
        printf("left, %s: %.2f, of drawn rows %.2f\n",
               use ? "in use" : "unused", mean(x, LEFT, use),
               mean(made, LEFT, use));
    expect(mean(made, LEFT, 0) > 3 * mean(made, LEFT, 1), "nothing learnt");
    genmod_data *train = view_table(x, w), *other = view_table(held, w),
                *rows = view_table(made, w);
    need(genmod_sample_copies(train, other, rows, copies, NULL, NULL, w), w);
    printf("copies: %.3f of drawn rows, %.3f of other customers\n", copies[0],
           copies[1]);
    expect(copies[0] < 0.03 + copies[1], "customers are copied");
    ask(m, w);
    genmod_data_free(train);
    genmod_data_free(other);
    genmod_data_free(rows);
    gan_free(m);
    genmod_workspace_free(w);
    return 0;
}
