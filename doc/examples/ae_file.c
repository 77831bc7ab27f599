/* An autoencoder: from rows to a file, and from the file to codes and back. It
 * needs the library and nothing else:
 *
 *     cc -std=c11 ae_file.c $(pkg-config --cflags --libs genmod)
 *     ./a.out bend.safetensors
 */
#include <genmod/genmod.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1000, D = 3, SHOWN = 3 };

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

/* A bent line: one hidden number, three columns. */
static void make_rows(double x[N][D])
{
    for (int i = 0; i < N; i++) {
        const double t = i * 37 % 250 / 125.0 - 1;
        x[i][0] = 20 + 4 * t;
        x[i][1] = t * t + i % 41 / 200.0;
        x[i][2] = t * t * t;
    }
}

static ae_model *fit(double x[N][D], genmod_workspace *w)
{
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    ae_model *m = NULL;
    need(ae_config_new(&options, w), w);
    need(genmod_config_set_i64(options, AE_CODE, 1, w), w);
    need(genmod_config_set_i64(options, AE_EPOCHS, 100, w), w);
    need(genmod_config_set_f64(options, AE_LEARNING_RATE, 0.005, w), w);
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, w), w);
    need(ae_new(options, &m, w), w);
    need(ae_fit(m, rows, NULL, NULL, NULL, w), w);
    genmod_data_free(rows);
    genmod_config_free(options);
    return m;
}

/* The library opens no file: it fills memory, and is asked for the size first.
 */
static void save(const ae_model *m, const char *path, genmod_workspace *w)
{
    size_t n = 0;
    if (ae_save(m, 0, NULL, &n, w) != GENMOD_TOO_SMALL)
        need(GENMOD_BAD_ARGUMENT, w);
    void *bytes = malloc(n);
    done(bytes != NULL, "memory");
    need(ae_save(m, n, bytes, NULL, w), w);
    FILE *file = fopen(path, "wb");
    done(file && fwrite(bytes, 1, n, file) == n, path);
    done(fclose(file) == 0, path);
    free(bytes);
}

/* The options are those of the file. */
static ae_model *load(const char *path, genmod_workspace *w)
{
    ae_model *m = NULL;
    FILE *file = fopen(path, "rb");
    done(file && fseek(file, 0, SEEK_END) == 0, path);
    const long n = ftell(file);
    done(n > 0 && fseek(file, 0, SEEK_SET) == 0, path);
    void *bytes = malloc((size_t)n);
    done(bytes && fread(bytes, 1, (size_t)n, file) == (size_t)n, path);
    fclose(file);
    need(ae_new(NULL, &m, w), w);
    need(ae_load(m, (size_t)n, bytes, w), w);
    free(bytes);
    return m;
}

/* The codes of some rows, and what the decoder makes of these. */
static void code(const ae_model *m, double x[][D], double z[], double back[][D],
                 genmod_workspace *w)
{
    genmod_data *view = NULL;
    need(genmod_data_new(&view, w), w);
    need(genmod_data_set_rows(view, GENMOD_F64, SHOWN, D, x, 0, 0, w), w);
    need(ae_encode(m, view, GENMOD_F64, SHOWN * sizeof *z, z, w), w);
    need(genmod_data_set_rows(view, GENMOD_F64, SHOWN, 1, z, 0, 0, w), w);
    need(ae_decode(m, view, GENMOD_F64, SHOWN * sizeof *back, back, w), w);
    genmod_data_free(view);
}

int main(int argc, char **argv)
{
    static double x[N][D];
    double z[2][SHOWN], back[2][SHOWN][D];
    const char *path = argc > 1 ? argv[1] : "bend.safetensors";
    genmod_workspace *w = NULL;
    make_rows(x);
    need(genmod_workspace_new(NULL, &w), w);
    ae_model *m = fit(x, w);
    save(m, path, w);
    ae_model *again = load(path, w);
    code(m, &x[100], z[0], back[0], w);
    code(again, &x[100], z[1], back[1], w);
    for (int i = 0; i < SHOWN; i++)
        printf("%6.2f %5.2f %5.2f  code %5.2f  %6.2f %5.2f %5.2f\n",
               x[100 + i][0], x[100 + i][1], x[100 + i][2], z[1][i],
               back[1][i][0], back[1][i][1], back[1][i][2]);
    const int same = !memcmp(z[0], z[1], sizeof z[0]) &&
                     !memcmp(back[0], back[1], sizeof back[0]);
    printf("%s\n", same ? "the same codes and rows" : "others");
    ae_free(again);
    ae_free(m);
    genmod_workspace_free(w);
    return same ? 0 : 1;
}
