/* Training steps built straight on the engine, for race.py: reads numbers of
 * steps from standard input, one a line, and answers each with the seconds that
 * they took. At the end of the input it prints the most memory it held and,
 * with `nodes`, where the time of a step went.
 *
 *     race_genmod CASE BATCH THREADS [nodes]
 *
 * CASE: vae (784-400-20), dcgan (32 x 32, base 64, both updates), critic
 * (2-128- 128-128-1 with a gradient penalty), relativistic (that critic and a
 * generator 16-128-128-128-2, both updates, with R1 and R2), conv (autoencoder
 * of 28 x 28 images).
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nn/nn.h"

#define NETS 4
#define NODES 4096

typedef struct part {
    ad_program *program;
    void *arena;
    int32_t group; /* that it updates */
} part;

typedef struct bench {
    genmod_workspace *w;
    size_t batch;
    ad_store *store;
    nn_net *net[NETS];
    size_t nets;
    ad_target target[64];
    size_t targets;
    part part[2];
    size_t parts;
    nn_training training;
    nn_optimiser *optimiser[2];
    uint64_t step;
} bench;

static void must(int32_t status, const genmod_workspace *w)
{
    if (status) {
        fprintf(stderr, "race_genmod: %s: %s\n", genmod_status_name(status),
                genmod_workspace_error(w));
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static nn_net *add_net(bench *b, const char *name, const char *size,
                       const char *text, int32_t group)
{
    nn_net **const net = &b->net[b->nets++];
    nn_size in;

    must(nn_size_parse(name, size, &in, b->w), b->w);
    must(nn_parse(name, text, &in, net, b->w), b->w);
    must(nn_declare(*net, b->store, name, group, NULL, b->w), b->w);
    return *net;
}

static void seal(bench *b)
{
    must(ad_store_seal(b->store, 1, b->w), b->w);
    for (size_t i = 0; i < b->nets; i++)
        must(nn_initialise(b->net[i], b->store, 7, b->w), b->w);
}

/* Gradients of `loss` in all trained variables of a group, and the program. */
static void finish(bench *b, ad_graph *g, ad_node loss, int32_t group)
{
    const size_t count = ad_store_count(b->store);
    ad_node wrt[128], grad[128];
    int32_t variable[128];
    size_t n = 0;
    part *const p = &b->part[b->parts++];

    for (size_t i = 0; i < count; i++)
        if (ad_store_kind(b->store, i) == AD_TRAINED &&
            ad_store_group(b->store, i) == group) {
            variable[n] = (int32_t)i;
            wrt[n++] = ad_variable(g, b->store, (int32_t)i);
        }
    must(ad_grad(g, loss, AD_NONE, n, wrt, grad), b->w);
    b->target[b->targets++] = (ad_target){AD_OUTPUT, loss, 0};
    for (size_t i = 0; i < n; i++)
        b->target[b->targets++] = (ad_target){AD_GRAD, grad[i], variable[i]};
    must(ad_graph_status(g), b->w);
    must(ad_compile(g, b->store, b->targets, b->target, &p->program, b->w),
         b->w);
    p->arena = base_alloc_zero(b->w, 1,
                               ad_program_bytes(p->program, base_width(b->w)));
    p->group = group;
    must(p->arena ? 0 : base_status(b->w), b->w);
    must(nn_optimiser_new(&b->training, b->store, group,
                          &b->optimiser[b->parts - 1], b->w),
         b->w);
    b->targets = 0;
    ad_graph_free(g);
}

static nn_pass pass_of(bench *b, ad_graph *g, int flags)
{
    nn_pass p = {.g = g, .s = b->store, .flags = flags};

    p.next = b->target + b->targets;
    p.room = sizeof b->target / sizeof *b->target - b->targets;
    return p;
}

static ad_graph *graph_of(bench *b)
{
    ad_graph *g;

    must(ad_graph_new(b->batch, &g, b->w), b->w);
    return g;
}

static void fill(const bench *b, const char *name, int32_t elements,
                 double scale, double shift)
{
    for (size_t k = 0; k < b->parts; k++) {
        const ad_program *const p = b->part[k].program;
        const int32_t at = ad_program_find(p, name);
        float *x;

        if (at < 0)
            continue;
        x = ad_program_input(p, at, b->part[k].arena);
        for (size_t i = 0; i < b->batch * (size_t)elements; i++) {
            uint32_t word[4];

            base_random(3, i, 1, 0, word);
            x[i] = (float)(base_uniform(word[0], word[1]) * scale + shift);
        }
    }
}

/* Kingma, Welling 2014, appendix B; sums over columns, means over rows. */
static void make_vae(bench *b)
{
    nn_net *const encoder = add_net(b, "e", "784", "dense 400; relu", 0);
    nn_net *const mean = add_net(b, "m", "400", "dense 20", 0);
    nn_net *const spread = add_net(b, "s", "400", "dense 20", 0);
    nn_net *const decoder =
        add_net(b, "d", "20", "dense 400; relu; dense 784", 0);
    const int64_t columns = 784, codes = 20;
    ad_graph *const g = graph_of(b);
    nn_pass p;

    seal(b);
    p = pass_of(b, g, NN_TRAIN);
    const ad_node x = ad_input(g, "x", ad_rows(g, 1, 1, 2, &columns));
    const ad_node h = nn_apply(encoder, &p, x);
    const ad_node mu = nn_apply(mean, &p, h), lv = nn_apply(spread, &p, h);
    const ad_node e = ad_normal(g, "z", ad_rows(g, 1, 1, 2, &codes));
    const ad_node z =
        ad_add(g, mu, ad_mul(g, ad_exp(g, ad_scale(g, lv, 0.5)), e));
    const ad_node logits = nn_apply(decoder, &p, z);
    const ad_node nll = ad_sum_all(g, ad_bce_logits(g, logits, x));
    const ad_node kl =
        ad_scale(g,
                 ad_sum_all(g, ad_add(g, ad_square(g, mu),
                                      ad_sub(g, ad_expm1(g, lv), lv))),
                 0.5);

    finish(b, g, ad_div(g, ad_add(g, nll, kl), ad_count(g, x)), 0);
    fill(b, "x", 784, 1, 0);
}

static ad_node softplus_mean(ad_graph *g, ad_node logits, double sign)
{
    return ad_mean_all(g, ad_softplus(g, ad_scale(g, logits, sign)));
}

/* Radford et al. 2016; the critic's update, then the generator's on new noise:
 * -ln D(x) = softplus(-l). */
static void make_dcgan(bench *b)
{
    nn_net *const gen = add_net(
        b, "G", "100x1x1",
        "deconv 256 k4 nobias; batchnorm; relu; deconv 128 k4 s2 p1 nobias; "
        "batchnorm; relu; deconv 64 k4 s2 p1 nobias; batchnorm; relu; "
        "deconv 3 k4 s2 p1; tanh",
        0);
    nn_net *const dis = add_net(
        b, "D", "3x32x32",
        "conv 64 k4 s2 p1; lrelu 0.2; conv 128 k4 s2 p1 nobias; batchnorm; "
        "lrelu 0.2; conv 256 k4 s2 p1 nobias; batchnorm; lrelu 0.2; "
        "conv 1 k4",
        1);
    const int64_t image[] = {32, 32, 3}, noise[] = {1, 1, 100};
    ad_graph *g = graph_of(b);
    nn_pass p;

    seal(b);
    p = pass_of(b, g, NN_TRAIN | NN_UPDATE);
    const ad_node x = ad_input(g, "x", ad_rows(g, 1, 1, 4, image));
    const ad_node real = nn_apply(dis, &p, x);
    p.flags = NN_TRAIN;
    const ad_node z = ad_normal(g, "z", ad_rows(g, 1, 1, 4, noise));
    const ad_node fake = nn_apply(dis, &p, ad_stop(g, nn_apply(gen, &p, z)));
    b->targets += p.n;
    finish(b, g,
           ad_add(g, softplus_mean(g, real, -1), softplus_mean(g, fake, 1)), 1);

    g = graph_of(b);
    p = pass_of(b, g, NN_TRAIN | NN_UPDATE);
    const ad_node u = ad_normal(g, "u", ad_rows(g, 1, 1, 4, noise));
    const ad_node y = nn_apply(gen, &p, u);
    p.flags = NN_TRAIN;
    const ad_node d = nn_apply(dis, &p, y);
    b->targets += p.n;
    finish(b, g, softplus_mean(g, d, -1), 0);
    fill(b, "x", 3 * 32 * 32, 2, -1);
}

/* Gulrajani et al. 2017, equation 3. */
static void make_critic(bench *b)
{
    nn_net *const dis = add_net(b, "D", "2",
                                "dense 128; lrelu 0.2; dense 128; lrelu 0.2; "
                                "dense 128; lrelu 0.2; dense 1",
                                0);
    const int64_t columns = 2, one = 1;
    ad_graph *const g = graph_of(b);
    nn_pass p;
    ad_node slope;

    seal(b);
    p = pass_of(b, g, NN_TRAIN);
    const ad_node x = ad_input(g, "x", ad_rows(g, 1, 1, 2, &columns));
    const ad_node y = ad_input(g, "y", ad_rows(g, 1, 1, 2, &columns));
    const ad_node t = ad_uniform(g, "t", ad_rows(g, 1, 1, 2, &one));
    const ad_node u = ad_add(g, y, ad_mul(g, t, ad_sub(g, x, y)));
    const ad_node real = nn_apply(dis, &p, x), fake = nn_apply(dis, &p, y);
    must(
        ad_grad(g, ad_sum_all(g, nn_apply(dis, &p, u)), AD_NONE, 1, &u, &slope),
        b->w);
    const ad_node norm = ad_norm(g, slope, 2);
    const ad_node penalty = ad_mean_all(g, ad_square(g, ad_shift(g, norm, -1)));
    finish(b, g,
           ad_add(g, ad_sub(g, ad_mean_all(g, fake), ad_mean_all(g, real)),
                  ad_scale(g, penalty, 10)),
           0);
    fill(b, "x", 2, 1, 0);
    fill(b, "y", 2, 1, 1);
}

/* D of rows [m, 2] of two kinds in one pass, [m, 2] logits; *seen: what it saw.
 */
static ad_node judge_pairs(nn_net *dis, nn_pass *p, ad_node x, ad_node y,
                           ad_node *seen)
{
    ad_graph *const g = p->g;
    const int64_t apart[2] = {1, 2}, columns = 2;
    const ad_node sets[2] = {ad_reshape(g, x, ad_rows(g, 1, 1, 3, apart)),
                             ad_reshape(g, y, ad_rows(g, 1, 1, 3, apart))};

    *seen =
        ad_reshape(g, ad_concat(g, 1, 2, sets), ad_rows(g, 2, 1, 2, &columns));
    return ad_reshape(g, nn_apply(dis, p, *seen),
                      ad_rows(g, 1, 1, 2, &columns));
}

/* Of a pair's logits: softplus of the second over the first, or back. */
static ad_node paired(ad_graph *g, ad_node logits, double sign)
{
    const ad_node lead =
        ad_sub(g, ad_part(g, logits, 1, 1, 1), ad_part(g, logits, 1, 0, 1));

    return softplus_mean(g, lead, sign);
}

/* What gan_ plays by default: Huang et al. 2024, equation 2, with both
 * penalties of Mescheder et al. 2018. */
static void make_relativistic(bench *b)
{
#define LAYERS \
    "dense 128; lrelu 0.2; dense 128; lrelu 0.2; dense 128; lrelu 0.2"
    nn_net *const gen = add_net(b, "G", "16", LAYERS "; dense 2", 0);
    nn_net *const dis = add_net(b, "D", "2", LAYERS "; dense 1", 1);
    const int64_t columns = 2, codes = 16;
    ad_graph *g = graph_of(b);
    ad_node seen, slope, logits;
    nn_pass p;

    seal(b);
    p = pass_of(b, g, NN_TRAIN);
    ad_node x = ad_input(g, "x", ad_rows(g, 1, 1, 2, &columns));
    ad_node z = ad_normal(g, "z", ad_rows(g, 1, 1, 2, &codes));
    logits = judge_pairs(dis, &p, x, ad_stop(g, nn_apply(gen, &p, z)), &seen);
    must(ad_grad(g, logits, AD_NONE, 1, &seen, &slope), b->w);
    const ad_node squares =
        ad_div(g, ad_sum_all(g, ad_square(g, slope)), ad_count(g, x));
    finish(b, g, ad_add(g, paired(g, logits, 1), ad_scale(g, squares, 0.5)), 1);

    g = graph_of(b);
    p = pass_of(b, g, NN_TRAIN);
    x = ad_input(g, "x", ad_rows(g, 1, 1, 2, &columns));
    z = ad_normal(g, "u", ad_rows(g, 1, 1, 2, &codes));
    logits = judge_pairs(dis, &p, x, nn_apply(gen, &p, z), &seen);
    finish(b, g, paired(g, logits, -1), 0);
    fill(b, "x", 2, 1, 0);
}

static void make_conv(bench *b)
{
    nn_net *const encoder = add_net(
        b, "e", "1x28x28",
        "conv 16 k4 s2 p1; relu; conv 32 k4 s2 p1; relu; flatten; dense 32", 0);
    nn_net *const decoder =
        add_net(b, "d", "32",
                "dense 1568; relu; reshape 32x7x7; deconv 16 k4 s2 p1; relu; "
                "deconv 1 k4 s2 p1",
                0);
    const int64_t image[] = {28, 28, 1};
    ad_graph *const g = graph_of(b);
    nn_pass p;

    seal(b);
    p = pass_of(b, g, NN_TRAIN);
    const ad_node x = ad_input(g, "x", ad_rows(g, 1, 1, 4, image));
    const ad_node y = nn_apply(decoder, &p, nn_apply(encoder, &p, x));
    finish(
        b, g,
        ad_div(g, ad_sum_all(g, ad_square(g, ad_sub(g, y, x))), ad_count(g, x)),
        0);
    fill(b, "x", 784, 1, 0);
}

static ad_replay replay_of(const bench *b, const part *p)
{
    return (ad_replay){.rows = b->batch,
                       .seed = 1,
                       .step = b->step,
                       .arena = p->arena,
                       .width = base_width(b->w)};
}

static void update(bench *b, size_t k)
{
    double norm;

    must(nn_optimiser_norm(b->optimiser[k], b->store, &norm, b->w), b->w);
    nn_optimiser_update(b->optimiser[k], b->store, norm, b->w);
    ad_store_commit(b->store);
}

static void step(bench *b)
{
    for (size_t k = 0; k < b->parts; k++) {
        const ad_replay r = replay_of(b, &b->part[k]);

        ad_program_run(b->part[k].program, b->store, &r, b->w);
        update(b, k);
    }
    b->step++;
}

typedef struct clock_of {
    double last;
    double spent[NODES];
    size_t at; /* the step under way */
} clock_of;

static void mark(size_t i, void *user)
{
    clock_of *const c = user;
    const double t = now();

    if (i > 0)
        c->spent[i - 1] += t - c->last;
    c->last = t;
}

/* Seconds by what a step is, over `runs` steps. */
static void show_nodes(bench *b, size_t runs)
{
    static clock_of c;
    double whole = 0, optimiser = 0, nodes = 0;

    for (size_t k = 0; k < b->parts; k++) {
        const ad_program *const p = b->part[k].program;
        const size_t n = ad_program_steps(p);

        memset(&c, 0, sizeof c);
        for (size_t i = 0; i < runs; i++) {
            const ad_replay r = replay_of(b, &b->part[k]);
            const double start = now();

            ad_program_trace(p, b->store, &r, mark, &c, b->w);
            const double middle = now();

            update(b, k);
            optimiser += now() - middle;
            whole += now() - start;
            b->step++;
        }
        for (size_t i = 0; i < n; i++) {
            printf("node %zu.%zu %s %.2f us\n", k, i, ad_program_step(p, i),
                   1e6 * c.spent[i] / (double)runs);
            nodes += c.spent[i];
        }
    }
    printf("node optimiser %.2f us\n", 1e6 * optimiser / (double)runs);
    printf("explained %.4f of %.2f us\n", (nodes + optimiser) / whole,
           1e6 * whole / (double)runs);
}

static void show_plan(const bench *b)
{
    for (size_t k = 0; k < b->parts; k++) {
        size_t need;
        char *text;

        if (ad_program_dump(b->part[k].program, 0, NULL, &need, b->w) !=
            GENMOD_TOO_SMALL)
            return;
        text = malloc(need);
        if (text &&
            !ad_program_dump(b->part[k].program, need, text, NULL, b->w))
            printf("%s\n", text);
        free(text);
    }
}

static void make(bench *b, const char *name)
{
    if (!strcmp(name, "vae"))
        make_vae(b);
    else if (!strcmp(name, "dcgan"))
        make_dcgan(b);
    else if (!strcmp(name, "critic"))
        make_critic(b);
    else if (!strcmp(name, "relativistic"))
        make_relativistic(b);
    else
        make_conv(b);
}

static void show_memory(void)
{
    char line[256];
    FILE *const f = fopen("/proc/self/status", "r");

    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmHWM", 5) || !strncmp(line, "VmRSS", 5))
            printf("%s", line);
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    static bench b;
    genmod_context *c;
    base_call call;
    char line[64];

    if (argc < 4)
        return 1;
    b.batch = (size_t)atol(argv[2]);
    b.training = (nn_training){.optimiser = NN_ADAM,
                               .rate = 1e-3,
                               .beta1 = 0.9,
                               .beta2 = 0.999,
                               .epsilon = 1e-8};
    must(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    must(genmod_context_set_threads(c, (size_t)atol(argv[3])), NULL);
    must(genmod_workspace_new(c, &b.w), NULL);
    genmod_context_free(c);
    base_enter(&call, b.w, NULL);
    must(ad_store_new(GENMOD_F32, &b.store, b.w), b.w);
    make(&b, argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        const long steps = atol(line);
        const double start = now();

        for (long i = 0; i < steps; i++)
            step(&b);
        printf("%.9f\n", now() - start);
        fflush(stdout);
    }
    show_memory();
    if (argc > 4)
        show_nodes(&b, 50);
    if (argc > 5)
        show_plan(&b);
    return 0;
}
