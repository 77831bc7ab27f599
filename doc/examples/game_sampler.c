/* A game that makes one creature a frame: the generator is trained beforehand
 * and shipped as bytes, the loop asks it for a row of a kind and allocates
 * nothing. The game's own allocator counts, so that this is shown and not
 * claimed.
 *
 *     cc game_sampler.c $(pkg-config --cflags --libs genmod) -lm
 */
#include <genmod/genmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAITS 4 /* size, speed, strength, hue */
#define KINDS 2  /* swift ones and strong ones */
#define ROWS 1000
#define FRAMES 600

static void need(int32_t status, const genmod_workspace *w)
{
    if (status == GENMOD_OK)
        return;
    fprintf(stderr, "game_sampler: %s\n", genmod_workspace_error(w));
    exit(1);
}

static void *count_alloc(size_t bytes, size_t align, void *user)
{
    ++*(size_t *)user;
    return aligned_alloc(align, (bytes + align - 1) / align * align);
}

static void count_dealloc(void *p, size_t bytes, size_t align, void *user)
{
    (void)bytes, (void)align, (void)user;
    free(p);
}

/* Between -1 and 1, the same for the same row and column. */
static double noise(int row, int column)
{
    uint64_t z = ((uint64_t)row * 8 + (uint64_t)column) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

/* Creatures drawn by hand, if these were not computed: large ones are slow. */
static void make_creatures(float x[ROWS][TRAITS], int32_t kind[ROWS])
{
    for (int i = 0; i < ROWS; i++) {
        kind[i] = i % KINDS;
        const double size = 2 + noise(i, 0) + kind[i];
        x[i][0] = (float)size;
        x[i][1] = (float)((kind[i] ? 3 : 9) / size + 0.3 * noise(i, 1));
        x[i][2] = (float)((kind[i] ? 6 : 2) * size + noise(i, 2));
        x[i][3] = (float)(kind[i] + 0.2 * noise(i, 3));
    }
}

/* In the workshop: train, and keep the bytes. */
static void *train(size_t *n)
{
    static float x[ROWS][TRAITS];
    static int32_t kind[ROWS];
    static const char net[] = "dense 32; lrelu 0.2; dense 32; lrelu 0.2";
    genmod_workspace *w = NULL;
    genmod_config *c = NULL;
    genmod_data *rows = NULL;
    gan_model *m = NULL;
    make_creatures(x, kind);
    need(genmod_workspace_new(NULL, &w), w);
    need(gan_config_new(&c, w), w);
    need(genmod_config_set_i64(c, GAN_CLASSES, KINDS, w), w);
    need(genmod_config_set_i64(c, GAN_CODES, 3, w), w);
    need(genmod_config_set_str(c, GAN_GENERATOR, net, w), w);
    need(genmod_config_set_str(c, GAN_DISCRIMINATOR, net, w), w);
    need(genmod_config_set_i64(c, GAN_UPDATES, 1500, w), w);
    need(genmod_config_set_f64(c, GAN_LEARNING_RATE, 0.004, w), w);
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_F32, ROWS, TRAITS, x, 0, 0, w), w);
    need(genmod_data_set_labels(rows, ROWS, kind, w), w);
    need(gan_new(c, &m, w), w);
    need(gan_fit(m, rows, NULL, NULL, NULL, w), w);
    if (gan_save(m, 0, NULL, n, w) != GENMOD_TOO_SMALL)
        exit(1);
    void *const bytes = malloc(*n);
    need(bytes ? gan_save(m, *n, bytes, NULL, w) : GENMOD_NO_MEMORY, w);
    gan_free(m);
    genmod_data_free(rows);
    genmod_config_free(c);
    genmod_workspace_free(w);
    return bytes;
}

/* The game: creature number i of a world is the same in each run and order. */
static void spawn(const gan_model *m, uint64_t world, int i, float out[TRAITS],
                  genmod_workspace *w)
{
    const int32_t kind = i / 3 % KINDS;
    need(gan_sample(m, world, (uint64_t)i, 1, &kind, GENMOD_F32,
                    TRAITS * sizeof *out, out, w),
         w);
}

int main(void)
{
    static float creature[FRAMES][TRAITS], again[TRAITS];
    size_t n = 0, allocations = 0;
    void *const bytes = train(&n);
    genmod_context *context = NULL;
    genmod_workspace *w = NULL;
    gan_model *m = NULL;
    need(genmod_context_new(count_alloc, count_dealloc, &allocations, &context),
         NULL);
    need(genmod_context_set_threads(context, 1), NULL);
    need(genmod_workspace_new(context, &w), NULL);
    need(gan_new(NULL, &m, w), w);
    need(gan_load(m, n, bytes, w), w);
    spawn(m, 42, 0, creature[0], w); /* takes the memory for all that follow */

    const size_t before = allocations;
    for (int i = 0; i < FRAMES; i++)
        spawn(m, 42, i, creature[i], w);
    const size_t in_loop = allocations - before;

    double strength[KINDS] = {0};
    for (int i = 0; i < FRAMES; i++)
        strength[i / 3 % KINDS] += creature[i][2] * KINDS / FRAMES;
    spawn(m, 42, 77, again, w);
    printf("%zu bytes of model, %zu allocations before the loop, %zu in %d "
           "frames; mean strength %.1f of swift ones, %.1f of strong ones\n",
           n, before, in_loop, FRAMES, strength[0], strength[1]);
    gan_free(m);
    genmod_workspace_free(w);
    genmod_context_free(context);
    free(bytes);
    return in_loop == 0 && before > 0 && strength[1] > 2 * strength[0] &&
                   memcmp(again, creature[77], sizeof again) == 0
               ? 0
               : 1;
}
