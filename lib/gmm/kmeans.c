/* First centres: k-means++ with several candidates a step (Arthur,
 * Vassilvitskii 2007, section 5) and Lloyd's iterations, on rows that lie in
 * memory as panels of doubles. */
#include <math.h>
#include <string.h>

#include "gmm/kmeans.h"

/* What the tasks over blocks share. */
typedef struct search {
    const gmm_kmeans *s;
    const double *center; /* [m, d]: the candidates */
    size_t m;
    double *near;    /* [m, rows]: as gmm_kmeans.near, for each candidate */
    double *partial; /* [m, blocks] */
    int32_t *moved;  /* [blocks] */
} search;

static size_t rows_of(const gmm_kmeans *s, size_t block)
{
    const size_t left = s->rows - block * KERN_ROWS;

    return left < KERN_ROWS ? left : KERN_ROWS;
}

/* A missing cell is 0 in the panel: what that adds is taken off. */
static void leave_out_gaps(const gmm_kmeans *s, size_t block,
                           const double *center, double *out)
{
    const unsigned char *const gap = s->gap + block * s->d * KERN_ROWS;

    for (size_t c = 0; c < s->d; c++) {
        const double half = center[c] * center[c] / 2;

        for (size_t i = 0; i < rows_of(s, block); i++)
            out[i] += gap[c * KERN_ROWS + i] ? half : 0;
    }
    for (size_t i = 0; i < rows_of(s, block); i++)
        out[i] = out[i] < 0 ? out[i] : 0;
}

/* out[i] = -|x_i - center|^2 / 2 of a block, over the cells that are there. */
static void distances(const gmm_kmeans *s, size_t block, const double *center,
                      double *out)
{
    s->ops->quad_diag(s->d, rows_of(s, block),
                      s->panels + block * s->d * KERN_ROWS, center, s->ones, 0,
                      out);
    if (s->gap)
        leave_out_gaps(s, block, center, out);
}

static int32_t candidate_item(size_t block, size_t slot, void *arg)
{
    const search *const v = arg;
    const gmm_kmeans *const s = v->s;
    const size_t first = block * KERN_ROWS;
    _Alignas(BASE_ALIGN) double out[KERN_ROWS];

    (void)slot;
    for (size_t c = 0; c < v->m; c++) {
        double *const near = v->near + c * s->rows + first;
        double sum = 0;

        distances(s, block, v->center + c * s->d, out);
        for (size_t i = 0; i < rows_of(s, block); i++) {
            const double before = s->near[first + i];

            near[i] = -out[i] < before ? -out[i] : before;
            sum += near[i] * s->weight[first + i];
        }
        v->partial[c * s->blocks + block] = sum;
    }
    return GENMOD_OK;
}

/* The row at share u of the sum of weight * near (of weight alone where all
 * rows lie on centres already). */
static size_t pick(const gmm_kmeans *s, double u, int plain)
{
    double sum = 0, at = 0;

    for (size_t i = 0; i < s->rows; i++)
        sum += s->weight[i] * (plain ? 1 : s->near[i]);
    if (!(sum > 0))
        return plain ? 0 : pick(s, u, 1);
    for (size_t i = 0; i < s->rows; i++) {
        at += s->weight[i] * (plain ? 1 : s->near[i]);
        if (at > u * sum)
            return i;
    }
    return s->rows - 1;
}

static double draw(const gmm_kmeans *s, uint64_t start, size_t step, size_t i)
{
    uint32_t word[4];

    base_random(s->seed, start, GMM_SITE_CENTERS,
                (uint32_t)(step * s->candidates + i), word);
    return base_uniform(word[0], word[1]);
}

static void copy_row(const gmm_kmeans *s, size_t row, double *out)
{
    const double *const panel = s->panels + row / KERN_ROWS * s->d * KERN_ROWS;

    for (size_t c = 0; c < s->d; c++)
        out[c] = panel[c * KERN_ROWS + row % KERN_ROWS];
}

/* The candidate that leaves the smallest sum becomes centre number `step`. */
static void keep_best(const gmm_kmeans *s, const search *v, size_t step)
{
    size_t best = 0;
    double least = INFINITY;

    for (size_t c = 0; c < v->m; c++) {
        double sum = 0;

        for (size_t b = 0; b < s->blocks; b++)
            sum += v->partial[c * s->blocks + b];
        if (sum < least) {
            least = sum;
            best = c;
        }
    }
    memcpy(s->centers + step * s->d, v->center + best * s->d,
           s->d * sizeof(double));
    memcpy(s->near, v->near + best * s->rows, s->rows * sizeof(double));
}

int32_t gmm_kmeans_seed(const gmm_kmeans *s, uint64_t start,
                        genmod_workspace *w)
{
    search v = {.s = s,
                .center = s->candidate,
                .near = s->trial,
                .partial = s->partial};
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < s->rows; i++)
        s->near[i] = HUGE_VAL;
    for (size_t step = 0; step < s->k && !status; step++) {
        v.m = step ? s->candidates : 1;
        for (size_t i = 0; i < v.m; i++)
            copy_row(s, pick(s, draw(s, start, step, i), step == 0),
                     s->candidate + i * s->d);
        status = base_cancelled(w);
        if (!status)
            status = base_parallel(w, s->blocks, candidate_item, &v);
        keep_best(s, &v, step);
    }
    return status;
}

static int32_t assign_item(size_t block, size_t slot, void *arg)
{
    const search *const v = arg;
    const gmm_kmeans *const s = v->s;
    const size_t first = block * KERN_ROWS, m = rows_of(s, block);
    _Alignas(BASE_ALIGN) double out[KERN_ROWS];
    double best[KERN_ROWS];
    int32_t label[KERN_ROWS];

    (void)slot;
    for (size_t j = 0; j < s->k; j++) {
        distances(s, block, s->centers + j * s->d, out);
        for (size_t i = 0; i < m; i++) {
            if (j == 0 || out[i] > best[i]) {
                best[i] = out[i];
                label[i] = (int32_t)j;
            }
        }
    }
    v->moved[block] = memcmp(s->label + first, label, m * sizeof *label) != 0;
    memcpy(s->label + first, label, m * sizeof *label);
    for (size_t i = 0; i < m; i++)
        s->near[first + i] = -best[i];
    return GENMOD_OK;
}

/* Mean of the cells that are there; a column without any keeps its centre. */
static void center_partial(const gmm_kmeans *s, size_t j)
{
    double *const sum = s->sums + j * s->d, *const mass = s->masses + j * s->d;

    memset(sum, 0, s->d * sizeof(double));
    memset(mass, 0, s->d * sizeof(double));
    s->mass[j] = 0;
    for (size_t i = 0; i < s->rows; i++) {
        const size_t at = i / KERN_ROWS * s->d * KERN_ROWS + i % KERN_ROWS;

        if (s->label[i] != (int32_t)j)
            continue;
        s->mass[j] += s->weight[i];
        for (size_t c = 0; c < s->d; c++) {
            sum[c] += s->weight[i] * s->panels[at + c * KERN_ROWS];
            mass[c] += s->gap[at + c * KERN_ROWS] ? 0 : s->weight[i];
        }
    }
    for (size_t c = 0; c < s->d; c++)
        if (mass[c] > 0)
            s->centers[j * s->d + c] = sum[c] / mass[c];
}

static int32_t center_item(size_t j, size_t slot, void *arg)
{
    const search *const v = arg;
    const gmm_kmeans *const s = v->s;
    double *const sum = s->sums + j * s->d;
    double mass = 0;

    (void)slot;
    if (s->gap) {
        center_partial(s, j);
        return GENMOD_OK;
    }
    memset(sum, 0, s->d * sizeof(double));
    for (size_t i = 0; i < s->rows; i++) {
        const double *const at =
            s->panels + i / KERN_ROWS * s->d * KERN_ROWS + i % KERN_ROWS;

        if (s->label[i] != (int32_t)j)
            continue;
        mass += s->weight[i];
        for (size_t c = 0; c < s->d; c++)
            sum[c] += s->weight[i] * at[c * KERN_ROWS];
    }
    s->mass[j] = mass;
    for (size_t c = 0; c < s->d && mass > 0; c++)
        s->centers[j * s->d + c] = sum[c] / mass;
    return GENMOD_OK;
}

/* A centre without rows goes to the row that is farthest from its own. */
static void fill_empty(const gmm_kmeans *s)
{
    for (size_t j = 0; j < s->k; j++) {
        size_t far = 0;

        if (s->mass[j] > 0)
            continue;
        for (size_t i = 1; i < s->rows; i++)
            if (s->weight[i] * s->near[i] > s->weight[far] * s->near[far])
                far = i;
        copy_row(s, far, s->centers + j * s->d);
        s->near[far] = 0;
    }
}

int32_t gmm_kmeans_run(const gmm_kmeans *s, size_t iterations,
                       genmod_workspace *w)
{
    search v = {.s = s, .moved = s->moved};
    int32_t status = GENMOD_OK;

    memset(s->label, -1, s->rows * sizeof *s->label);
    for (size_t it = 0; it < iterations && !status; it++) {
        int moved = 0;

        status = base_cancelled(w);
        if (!status)
            status = base_parallel(w, s->blocks, assign_item, &v);
        for (size_t b = 0; b < s->blocks; b++)
            moved |= s->moved[b];
        if (status || !moved)
            break;
        status = base_parallel(w, s->k, center_item, &v);
        fill_empty(s);
    }
    return status;
}

int32_t gmm_kmeans_new(gmm_kmeans *s, genmod_workspace *w)
{
    const size_t line = sizeof(double);

    s->blocks = (s->rows + KERN_ROWS - 1) / KERN_ROWS;
    s->candidates = 2; /* and about ln k more */
    for (size_t m = s->k; m >= 3; m /= 3)
        s->candidates++;
    s->panels = base_scratch(w, s->blocks * s->d * KERN_ROWS, line);
    s->gap = s->gaps ? base_scratch(w, s->blocks * s->d, KERN_ROWS) : NULL;
    s->masses = base_scratch(w, s->gaps ? s->k * s->d : 0, line);
    s->weight = base_scratch(w, s->rows, line);
    s->near = base_scratch(w, s->rows, line);
    s->trial = base_scratch(w, s->candidates * s->rows, line);
    s->candidate = base_scratch(w, s->candidates * s->d, line);
    s->partial = base_scratch(w, s->candidates * s->blocks, line);
    s->centers = base_scratch(w, s->k * s->d, line);
    s->sums = base_scratch(w, s->k * s->d, line);
    s->mass = base_scratch(w, s->k, line);
    s->ones = base_scratch(w, s->d, line);
    s->label = base_scratch(w, s->rows, sizeof *s->label);
    s->moved = base_scratch(w, s->blocks, sizeof *s->moved);
    if (!s->panels || !s->weight || !s->near || !s->trial || !s->candidate ||
        !s->partial || !s->centers || !s->sums || !s->masses || !s->mass ||
        !s->ones || !s->label || !s->moved || (s->gaps && !s->gap))
        return base_status(w);
    for (size_t c = 0; c < s->d; c++)
        s->ones[c] = 1;
    return GENMOD_OK;
}
