/* A generator: from rows to a file, and from the file to new rows. It needs the
 * library and nothing else:
 *
 *     cc -std=c11 gan_file.c $(pkg-config --cflags --libs genmod)
 *     ./a.out clouds.safetensors
 */
#include <genmod/genmod.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1000, D = 2, DRAWN = 3 };

/* Small for a quick game; without it there are three layers of 128. */
#define NET "dense 48; lrelu 0.2; dense 48; lrelu 0.2"

static void need(int32_t status, const genmod_workspace *w)
{
    if (status == GENMOD_OK)
        return;
    fprintf(stderr, "%s: %s\n", genmod_status_name(status),
            genmod_workspace_error(w));
    exit(1);
}

/* What the C library could not do. */
static void done(int truth, const char *what)
{
    if (truth)
        return;
    perror(what);
    exit(1);
}

/* Two clouds, about (0, 0) and (8, 4). */
static void make_rows(double x[N][D])
{
    for (int i = 0; i < N; i++) {
        x[i][0] = (i * 37 % 101 - 50) / 32.0 + (i % 2 ? 8 : 0);
        x[i][1] = (i * 53 % 97 - 48) / 32.0 + (i % 2 ? 4 : 0);
    }
}

static gan_model *fit(double x[N][D], genmod_workspace *w)
{
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    gan_model *m = NULL;
    need(gan_config_new(&options, w), w);
    need(genmod_config_set_i64(options, GAN_UPDATES, 1000, w), w);
    need(genmod_config_set_i64(options, GAN_BATCH_SIZE, 64, w), w);
    need(genmod_config_set_str(options, GAN_GENERATOR, NET, w), w);
    need(genmod_config_set_str(options, GAN_DISCRIMINATOR, NET, w), w);
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, w), w);
    need(gan_new(options, &m, w), w);
    need(gan_fit(m, rows, NULL, NULL, NULL, w), w);
    genmod_data_free(rows);
    genmod_config_free(options);
    return m;
}

/* The library opens no file: it fills memory, and is asked for the size first.
 */
static void save(const gan_model *m, const char *path, genmod_workspace *w)
{
    size_t n = 0;
    if (gan_save(m, 0, NULL, &n, w) != GENMOD_TOO_SMALL)
        need(GENMOD_BAD_ARGUMENT, w);
    void *bytes = malloc(n);
    done(bytes != NULL, "memory");
    need(gan_save(m, n, bytes, NULL, w), w);
    FILE *file = fopen(path, "wb");
    done(file && fwrite(bytes, 1, n, file) == n, path);
    done(fclose(file) == 0, path);
    free(bytes);
}

/* The options are those of the file. */
static gan_model *load(const char *path, genmod_workspace *w)
{
    gan_model *m = NULL;
    FILE *file = fopen(path, "rb");
    done(file && fseek(file, 0, SEEK_END) == 0, path);
    const long n = ftell(file);
    done(n > 0 && fseek(file, 0, SEEK_SET) == 0, path);
    void *bytes = malloc((size_t)n);
    done(bytes && fread(bytes, 1, (size_t)n, file) == (size_t)n, path);
    fclose(file);
    need(gan_new(NULL, &m, w), w);
    need(gan_load(m, (size_t)n, bytes, w), w);
    free(bytes);
    return m;
}

int main(int argc, char **argv)
{
    static double x[N][D];
    double a[DRAWN][D], b[DRAWN][D];
    const char *path = argc > 1 ? argv[1] : "clouds.safetensors";
    genmod_workspace *w = NULL;
    make_rows(x);
    need(genmod_workspace_new(NULL, &w), w);
    gan_model *m = fit(x, w);
    save(m, path, w);
    gan_model *again = load(path, w);
    need(gan_sample(m, 1, 0, DRAWN, NULL, GENMOD_F64, sizeof a, a, w), w);
    need(gan_sample(again, 1, 0, DRAWN, NULL, GENMOD_F64, sizeof b, b, w), w);
    for (int i = 0; i < DRAWN; i++)
        printf("%7.3f %7.3f\n", b[i][0], b[i][1]);
    const int same = !memcmp(a, b, sizeof a);
    printf("%s\n", same ? "the same rows" : "other rows");
    gan_free(again);
    gan_free(m);
    genmod_workspace_free(w);
    return same ? 0 : 1;
}
