/* What is drawn beside digits that were held out: by codes of the classifier,
 * but for sharpness. */
#include <stdio.h>
#include <stdlib.h>

#include "families.h"

#define NEIGHBOURS 5
#define SHEET 10 /* images a side */

/* What all families are held against. */
struct standard {
    size_t z;
    float *codes; /* [n + HELD, z] of the digits */
    genmod_data *train, *held;
    double sharpness; /* of the held-out digits */
};

static genmod_data *view_codes(size_t n, size_t z, const float *x)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F32, n, z, x, 0, 0, NULL), NULL);
    return rows;
}

static void code(const struct job *j, const genmod_data *x, size_t n,
                 float *out)
{
    const size_t bytes = n * ae_code_size(j->judge) * sizeof *out;
    need(ae_encode(j->judge, x, GENMOD_F32, bytes, out, j->g.w), j->g.w);
}

/* The Laplacian's square (4 x - its neighbours), summed over the inner pixels.
 */
static double laplacian(const float *x)
{
    double sum = 0;
    for (size_t r = 1; r + 1 < SIDE; r++)
        for (size_t c = 1; c + 1 < SIDE; c++) {
            const float *at = x + r * SIDE + c;
            const double l = 4 * at[0] - at[-1] - at[1] - at[-SIDE] - at[SIDE];
            sum += l * l;
        }
    return sum;
}

static double sharpness_held(const struct digits *g)
{
    float row[D];
    double sum = 0;
    for (size_t i = 0; i < HELD; i++) {
        for (size_t k = 0; k < D; k++)
            row[k] = g->p.x[(g->n + i) * D + k] / 255.0f;
        sum += laplacian(row);
    }
    return sum / HELD;
}

static double sharpness(size_t n, const float *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += laplacian(x + i * D);
    return sum / (double)n;
}

static struct standard *new_standard(const struct job *j)
{
    struct standard *s = memory(1, sizeof *s);
    const size_t n = j->g.n;
    s->z = ae_code_size(j->judge);
    s->codes = memory((n + HELD) * s->z, sizeof *s->codes);
    code(j, j->g.train, n, s->codes);
    code(j, j->g.held, HELD, s->codes + n * s->z);
    s->train = view_codes(n, s->z, s->codes);
    s->held = view_codes(HELD, s->z, s->codes + n * s->z);
    s->sharpness = sharpness_held(&j->g);
    return s;
}

void free_standard(struct standard *s)
{
    if (!s)
        return;
    genmod_data_free(s->train);
    genmod_data_free(s->held);
    free(s->codes);
    free(s);
}

/* The first drawn images as a grey map, ink black. */
static void write_sheet(const struct job *j, const char *name)
{
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s/%s.pgm", j->sheets, name);
    expect(n > 0 && (size_t)n < sizeof path, "a shorter path");
    FILE *f = fopen(path, "wb");
    expect(f != NULL, path);
    fprintf(f, "P5\n%d %d\n255\n", SHEET * SIDE, SHEET * SIDE);
    for (size_t y = 0; y < SHEET * SIDE; y++)
        for (size_t x = 0; x < SHEET * SIDE; x++) {
            const size_t image = y / SIDE * SHEET + x / SIDE;
            const float ink = j->x[image * D + y % SIDE * SIDE + x % SIDE];
            fputc(255 - (int)(ink * 255 + 0.5f), f);
        }
    fclose(f);
}

static void measure(const struct job *j, const genmod_data *codes)
{
    const struct standard *s = j->standard;
    double prdc[4], expected[4], frechet, error, nearest, copies[3], p;
    need(genmod_sample_prdc(s->held, codes, NEIGHBOURS, prdc, NULL, expected,
                            j->g.w),
         j->g.w);
    need(genmod_sample_frechet(s->held, codes, &frechet, NULL, &error, j->g.w),
         j->g.w);
    need(genmod_sample_nearest(s->held, codes, &nearest, NULL, NULL, NULL,
                               j->g.w),
         j->g.w);
    need(genmod_sample_copies(s->train, s->held, codes, copies, NULL, &p,
                              j->g.w),
         j->g.w);
    printf(" precision %.4f recall %.4f density %.4f coverage %.4f"
           " expected_precision %.4f expected_recall %.4f frechet %.4f"
           " frechet_error %.4f accuracy %.4f sharpness %.4f copies %.4f"
           " copies_held %.4f equal %.4f",
           prdc[0], prdc[1], prdc[2], prdc[3], expected[0], expected[1],
           frechet, error, nearest, sharpness(DRAWN, j->x) / s->sharpness,
           copies[0], copies[1], copies[2]);
}

void report(struct job *j, const char *name, double fit, double draw)
{
    const double begun = seconds();
    if (!j->standard)
        j->standard = new_standard(j);
    cut_ink(DRAWN, j->x);
    if (j->sheets)
        write_sheet(j, name);
    genmod_data *ink = view_ink(DRAWN, j->x);
    float *codes = memory(DRAWN * j->standard->z, sizeof *codes);
    code(j, ink, DRAWN, codes);
    genmod_data *rows = view_codes(DRAWN, j->standard->z, codes);
    printf("%s seed %s", name, j->seed);
    measure(j, rows);
    printf(" fit %.1f draw %.2f measures %.1f\n", fit, draw, seconds() - begun);
    fflush(stdout);
    genmod_data_free(rows);
    genmod_data_free(ink);
    free(codes);
}
