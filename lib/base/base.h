/* The door of room `base`: what every other room stands on. It knows no
 * numbers beyond Philox and no models.
 *
 * A public call is framed by base_enter() and base_leave():
 *
 *     base_call call;
 *     int32_t status;
 *
 *     w = base_enter(&call, w, &status);
 *     if (!w)
 *         return status;
 *     return base_leave(&call, the work(…, w));
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "genmod/base.h"
#include "genmod/data.h"
#include "genmod/scale.h"

/* Instruction sets, in the order of preference within an architecture.
 * x86-64-v2 is a level that has no kernels: it hardly differs from generic,
 * which is compiled for SSE2 there. */
#define BASE_CPU_GENERIC 0
#define BASE_CPU_X86_V2 1
#define BASE_CPU_X86_V3 2
#define BASE_CPU_X86_V4 3
#define BASE_CPU_AARCH64 4

#define BASE_ALIGN 64 /* a cache line, and the widest vector */

/* ---- call.c: the frame of a public call ------------------------------- */

typedef struct base_call {
    genmod_workspace *w;
    genmod_workspace *own; /* made for a caller who brought none */
    uint64_t fp[8];        /* the host's floating-point environment */
} base_call;

/* Claims the workspace (or makes one that lives as long as the call), clears
 * its text, resets its scratch, and sets the default floating-point
 * environment. NULL, with call->w NULL, where the workspace is in another call
 * or none could be made; *status (may be NULL) says which. */
genmod_workspace *base_enter(base_call *call, genmod_workspace *w,
                             int32_t *status);

/* Restores the environment, lets the workspace go, returns the status. A
 * success clears the error text. */
int32_t base_leave(base_call *call, int32_t status);

/* Sets the default floating-point environment again, after a host's callback
 * that may have left another. */
void base_settle(void);

/* Sets the one-line error text and returns `status`. In the format: %s text,
 * %i int64_t, %u uint64_t (cast size_t to it), %g double (6 digits), %%. */
int32_t base_fail(genmod_workspace *w, int32_t status, const char *format, ...);

/* The code of the last base_fail() of this call: what to return after an
 * allocation gave NULL. */
int32_t base_status(const genmod_workspace *w);

/* GENMOD_CANCELLED, with text, once a cancel is pending (which it consumes);
 * else 0. On the calling thread. */
int32_t base_cancelled(genmod_workspace *w);

genmod_context *base_context(const genmod_workspace *w); /* never NULL */
int32_t base_cpu(const genmod_workspace *w);             /* BASE_CPU_… */
const char *base_cpu_name(int32_t cpu);

/* A reference for an object that lives longer than the call. */
genmod_context *base_context_hold(genmod_context *c);
void base_context_drop(genmod_context *c);

/* ---- memory.c --------------------------------------------------------- */

/* n * size bytes, 64-byte aligned, not cleared; NULL, with text and status,
 * where the product overflows, memory or the limit gives out. n * size = 0
 * gives a valid pointer. Not from pool tasks. */
void *base_alloc(genmod_workspace *w, size_t n, size_t size);
void *base_alloc_zero(genmod_workspace *w, size_t n, size_t size);
/* Takes NULL. A block knows its size and holds a reference to the context that
 * it came from (a call without a workspace has one of its own): an object may
 * be trained with another workspace than the one that made it. */
void base_free(void *p);
/* As base_alloc(), but lives until base_leave() and is not freed by hand. The
 * workspace keeps up to 1 MiB of it for the next call, so that a repeated small
 * call allocates nothing. */
void *base_scratch(genmod_workspace *w, size_t n, size_t size);
/* How far a call's scratch is taken. Release lets what was taken behind the
 * mark be taken again. */
typedef struct base_mark {
    void *chunk;
    size_t used;
} base_mark;
base_mark base_scratch_mark(const genmod_workspace *w);
void base_scratch_release(genmod_workspace *w, base_mark m);
/* 1 and *out = a * b, or 0 on overflow. */
int base_mul(size_t a, size_t b, size_t *out);
int base_add(size_t a, size_t b, size_t *out);

/* ---- pool.c ----------------------------------------------------------- */

/* One of n items. Two items that run at the same time have different slots,
 * slot < base_width(w): the number of a scratch buffer. Must not allocate. */
typedef int32_t (*base_task)(size_t item, size_t slot, void *arg);

size_t base_width(const genmod_workspace *w);
/* Runs all items, up to one that fails; returns the status of the lowest item
 * that failed, or, with all items done, GENMOD_CALLBACK and its text where the
 * host's own loop gave up. n = 1 or width 1 runs on the calling thread without
 * a lock; so does a pool that is busy with another workspace's call. Workers
 * run in the default floating-point environment. Nesting is not allowed. */
int32_t base_parallel(genmod_workspace *w, size_t n, base_task task, void *arg);

/* ---- ranks.c: the other processes of a collective call ------------------ */

/* Ranks go through a collective call in step: the same meetings in the same
 * order, each of which begins with every rank's status. So a rank that fails
 * hands its status to the next meeting, whichever that is, and all ranks return
 * from it with the first failing rank's code, "rank 2: " and its text. After
 * that, as after a callback that failed, a call has no more meetings. What a
 * call returns early with is told by base_leave(); so after a call's last
 * meeting nothing may fail on one rank alone. A positive status, which ends
 * work without failure, is likewise all ranks' if one has it.
 *
 * Where there are no other ranks, a meeting returns `status`, and sums, gathers
 * and broadcasts have nothing to do but for the sum over shards. */

#define BASE_MOST_RANKS 65536

typedef struct base_ranks {
    int32_t rank, size;
    int32_t shards; /* of all ranks; 0: the fast mode */
} base_ranks;

base_ranks base_ranks_of(const genmod_workspace *w);
/* Sums that a rank makes on its own: shards / size, or 1 in the fast mode. */
size_t base_parts(const genmod_workspace *w);
/* Rows of n, this rank's, in its part number i: first, counted from the rank's
 * own, and how many. Of base_all_rows(), `total` in all. */
void base_part(const genmod_workspace *w, size_t total, size_t n, size_t i,
               size_t *first, size_t *count);

#define BASE_SHOWN 0  /* "rank 2: columns is 15; rank 0 has 16" */
#define BASE_HIDDEN 1 /* "rank 2: covariance differs from rank 0's" */

/* One of the things that must be the same on all ranks. */
typedef struct base_term {
    const char *what;
    uint64_t value; /* a number, or a digest */
    int32_t kind;
} base_term;

/* Opens a collective call: every rank calls it, one that already failed too.
 * Compares version, kernels, shards, then the terms. */
int32_t base_agree(genmod_workspace *w, int32_t status, size_t n,
                   const base_term *terms);
/* Nothing but the ranks' status. */
int32_t base_meet(genmod_workspace *w, int32_t status);
/* This rank's n rows among those of all: *first is its first one's number, of
 * *total. In the deterministic mode they must be whole shards. */
int32_t base_all_rows(genmod_workspace *w, int32_t status, size_t n,
                      size_t *first, size_t *total);
/* x [n] of `type` (GENMOD_F32, F64) added over the ranks, in place: the fast
 * mode. digest: of what all ranks must hold alike, such as parameters; 0: of
 * nothing. */
int32_t base_all_sum(genmod_workspace *w, int32_t status, uint64_t digest,
                     int32_t type, size_t n, void *x);
/* out [n] = the sum over all ranks' parts [base_parts(), n], in doubles in the
 * order of the shards; in the fast mode that of base_all_sum(). */
int32_t base_all_sum_shards(genmod_workspace *w, int32_t status,
                            uint64_t digest, int32_t type, size_t n,
                            const void *parts, void *out);
/* out [size, bytes] */
int32_t base_all_gather(genmod_workspace *w, int32_t status, size_t bytes,
                        const void *in, void *out);
/* items [n], of `bytes` bytes each, of which each rank has laid down `own` that
 * follow those of the ranks before it: all of them, on all ranks. */
int32_t base_all_slices(genmod_workspace *w, int32_t status, size_t n,
                        size_t own, size_t bytes, void *items);
/* No meeting of its own: all ranks are known to come. */
int32_t base_broadcast(genmod_workspace *w, int32_t root, size_t bytes,
                       void *inout);
/* GENMOD_UNSUPPORTED where there are other ranks: `what` is for one alone. */
int32_t base_alone(genmod_workspace *w, const char *what);
/* 64 bits of some bytes, and of what came before: no proof against malice. */
uint64_t base_digest(uint64_t before, const void *p, size_t bytes);

/* ---- text.c: numbers and text without locale -------------------------- */

/* Correctly rounded; 1 if the whole text [s, end of string) is a number. */
int base_parse_f64(const char *s, double *v);
int base_parse_i64(const char *s, int64_t *v);
/* Shortest text that base_parse_f64 reads back to the same bits (17 digits at
 * most); needs 32 bytes. Returns its length. */
size_t base_format_f64(double v, char *out);
size_t base_format_i64(int64_t v, char *out);
/* The two-call way out: copies `text` and its zero byte. */
int32_t base_give_text(const char *text, size_t cap, char *out, size_t *need,
                       genmod_workspace *w);
int base_same(const char *a, const char *b); /* equal strings; NULL is none */

/* ---- nearest.c --------------------------------------------------------- */

/* The key that a mistyped one was meant to be: the first of the least edits.
 * The table's n rows are `stride` bytes apart and begin with a `const char *`,
 * the key. "" of no rows. */
const char *base_nearest(const char *key, const void *table, size_t stride,
                         size_t n);

/* ---- config.c, report.c ------------------------------------------------ */

#define BASE_I64 1
#define BASE_F64 2
#define BASE_STR 3

typedef struct base_option {
    const char *key;
    int32_t type;      /* BASE_… */
    int32_t structure; /* 1: fixed at creation */
    const char *initial; /* the default, as text */
    double minimum, maximum; /* inclusive; of numbers */
    const char *choices; /* of text: "a|b|c"; NULL: any text */
    const char *unit;
    const char *help; /* one sentence */
} base_option;

/* options: a const table ended by key NULL; its address is the family. */
int32_t base_config_new(const base_option *options, genmod_config **out,
                        genmod_workspace *w);
const base_option *base_config_options(const genmod_config *c);
/* GENMOD_BAD_ARGUMENT unless the structural options of both, which are of one
 * family, are equal. */
int32_t base_config_check_structure(const genmod_config *c,
                                    const genmod_config *other,
                                    genmod_workspace *w);
/* all = 1: any option may differ; all = 0: structural ones must be equal.
 * Nothing changes unless everything is in order. Both of one family. Never
 * allocates: a config's values have fixed places. */
int32_t base_config_assign(genmod_config *to, const genmod_config *from,
                           int32_t all, genmod_workspace *w);
/* As genmod_config_set_str(), inside a call. */
int32_t base_config_set(genmod_config *c, const char *key, const char *v,
                        genmod_workspace *w);
/* 1: the family has an option of that key. */
int base_config_has(const genmod_config *c, const char *key);
/* For a key that the family knows to be there. */
int64_t base_config_i64(const genmod_config *c, const char *key);
double base_config_f64(const genmod_config *c, const char *key);
const char *base_config_str(const genmod_config *c, const char *key);
/* The place of a text among its option's choices: 0, 1, …. */
int32_t base_config_choice(const genmod_config *c, const char *key);

typedef struct base_entry {
    const char *key;
    int32_t series; /* 1: a series */
    const char *unit;
    const char *help;
} base_entry;

/* entries: a const table ended by key NULL. Numbers start as NaN. */
int32_t base_report_new(const base_entry *entries, genmod_report **out,
                        genmod_workspace *w);
void base_report_free(genmod_report *r);
void base_report_clear(genmod_report *r);
void base_report_set(genmod_report *r, const char *key, double v);
/* Makes room for `cap` values, so that appending cannot fail. */
int32_t base_report_reserve(genmod_report *r, const char *key, size_t cap,
                            genmod_workspace *w);
void base_report_append(genmod_report *r, const char *key, double v);
/* Replaces the series' values; room must be there. */
void base_report_put(genmod_report *r, const char *key, size_t n,
                     const double *v);
const double *base_report_values(const genmod_report *r, const char *key,
                                 size_t *n);
double base_report_number(const genmod_report *r, const char *key);
/* Same entries. Fails only for want of memory, and then `to` is as it was. */
int32_t base_report_copy(genmod_report *to, const genmod_report *from,
                         genmod_workspace *w);

/* ---- data.c ------------------------------------------------------------ */

/* Some rows of a genmod_data, as they lie in memory. */
typedef struct base_view {
    const void *rows; /* of the first row */
    int32_t type;     /* GENMOD_F32, F64, U8 */
    int32_t scaled;   /* 0: scale is 1 and shift 0 */
    int64_t row_stride, col_stride; /* elements */
    double scale, shift;
    const double *weights; /* of the first row; NULL: ones */
    const int32_t *labels; /* of the first row; NULL: none */
} base_view;

/* A dense view of rows that the library holds itself; weights may be NULL. */
int32_t base_data_of(int32_t type, size_t n, size_t d, const void *rows,
                     const double *weights, genmod_data **out,
                     genmod_workspace *w);
size_t base_data_rows(const genmod_data *x);    /* n */
size_t base_data_columns(const genmod_data *x); /* d */
int32_t base_data_type(const genmod_data *x); /* F32 (for F32, U8) or F64 */
int32_t base_data_is_source(const genmod_data *x);
/* Bytes of stage that base_data_view() wants for n rows: 0 for memory. */
size_t base_data_stage_bytes(const genmod_data *x, size_t n);
/* Rows first … first + n - 1. A source fills `stage` (aligned); memory ignores
 * it. Weights are checked (finite, > 0). On the calling thread. */
int32_t base_data_view(const genmod_data *x, size_t first, size_t n,
                       void *stage, base_view *v, genmod_workspace *w);
/* The same for n rows of given ascending numbers, which a source is asked for
 * in one call. Memory has such a view only of consecutive rows: n is then how
 * many of the first are, and else as it was. */
int32_t base_data_pick(const genmod_data *x, size_t *n, const int64_t *rows,
                       void *stage, base_view *v, genmod_workspace *w);
/* n rows of given ascending numbers, copied as doubles, dense [n, d], scaled;
 * weights and labels may be NULL. Reports a cell that is not finite. */
int32_t base_data_gather(const genmod_data *x, size_t n, const int64_t *rows,
                         double *out, double *weights, int32_t *labels,
                         genmod_workspace *w);
/* Cell (i, j) of a view, scaled. */
double base_view_cell(const base_view *v, size_t i, size_t j);
/* GENMOD_NON_FINITE naming the first cell of n rows that is not finite or,
 * where all are, no finite float (there is one); `first` is the absolute number
 * of the view's first row. */
int32_t base_view_non_finite(const base_view *v, size_t first, size_t n,
                             size_t d, genmod_workspace *w);

/* ---- schema.c ---------------------------------------------------------- */

/* Of the view's columns [d]; NULL: all are real. */
const int32_t *base_data_kinds(const genmod_data *x);
/* Numbers of categories [d], set where a column is categorical; NULL where
 * none is. */
const int32_t *base_data_levels(const genmod_data *x);
int32_t base_data_missing(const genmod_data *x); /* 1: NaN is a missing cell */
/* Of n rows and d or d * d columns when it was set; NULL: cells are exact. */
const genmod_data *base_data_noise(const genmod_data *x);

/* ---- philox.c ---------------------------------------------------------- */

/* Philox4x32-10, Salmon et al. 2011: 128 random bits of (counter, key). */
void base_philox(const uint32_t counter[4], const uint32_t key[2],
                 uint32_t out[4]);

/* Block number `block` of row `row` of stream `seed` at a site; sites keep the
 * uses of one seed apart. */
void base_random(uint64_t seed, uint64_t row, uint32_t site, uint32_t block,
                 uint32_t out[4]);
/* In (0, 1): an odd multiple of 2^-53, from 52 bits of the two words. */
double base_uniform(uint32_t hi, uint32_t lo);

#endif
