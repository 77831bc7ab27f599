/* Inside room `ad`: what ad_compile() makes of a graph.
 *
 *     values   what is computed or read, with views resolved to strides
 *     groups   values that one step computes: a fused group of tiled operators
 *              and the sums that end it, or one operator with a kernel
 *     steps    groups in order, with places in the arena
 */
#ifndef AD_PLAN_H
#define AD_PLAN_H

#include "ad/internal.h"

#define AD_PHASES 3

/* ---- extents: lengths as functions of a replay's rows m ----------------- */

/* n m / div elements, or n where div is 0; in lowest terms. */
typedef struct ad_extent {
    int64_t n, div;
} ad_extent;

ad_extent ad_extent_of(const ad_shape *s);
int ad_extent_equal(ad_extent a, ad_extent b);
size_t ad_extent_at(ad_extent e, size_t rows);

/* ---- values ------------------------------------------------------------- */

/* Elements of a value in some order: element (i0, i1, …) of the view is number
 * offset + i0 stride[0] + i1 stride[1] + … of the value. The strides follow
 * from what lies behind axis 0, so they hold for any number of rows. */
typedef struct ad_ref {
    int32_t value; /* -1: none */
    int64_t offset;
    kern_strides view; /* of the rank of the node, which may be 0 */
    ad_shape shape;    /* of the node */
} ad_ref;

/* How a group sums: blocks of `block` elements, each [block / inner, inner],
 * over the first axis; block 0: all elements are one block, cut by rows of
 * `inner`; inner 0: no sums. */
typedef struct ad_form {
    int64_t block, inner;
} ad_form;

typedef struct ad_value {
    int32_t class; /* AD_LEAF: not computed; AD_TILED, AD_SUMMED, AD_STEPPED */
    int32_t tile;  /* of tiled: KERN_… */
    int32_t arity;
    ad_record r; /* its operands are `in`; of a copy, op is AD_OPS */
    ad_ref in[AD_INPUTS];
    ad_extent extent; /* of what it iterates over: of a sum its operand */
    ad_form form;     /* of a sum */
    int32_t group;    /* -1: a leaf */
    int32_t stored;   /* it has a place: read outside its group, or asked for */
    int32_t kind;     /* of the place: AD_IN_… */
    int32_t variable; /* of a place in the store */
    int32_t buffer;   /* in the arena; -1: none */
} ad_value;

#define AD_IN_ARENA 0
#define AD_IN_VALUES 1
#define AD_IN_GRADIENTS 2
#define AD_IN_SUCCESSORS 3

/* Part of the arena, in use from step `first` to step `last`. */
typedef struct ad_buffer {
    size_t bytes, at;
    int32_t first, last;
} ad_buffer;

/* ---- programs ----------------------------------------------------------- */

typedef struct ad_place {
    int32_t kind;     /* AD_IN_… */
    int32_t variable; /* of a place in the store */
    size_t at;        /* bytes into the arena or the variable */
} ad_place;

/* What a register of fused code stands for. */
#define AD_POINTED 0 /* dense: goes along with the tile */
#define AD_LOADED 1  /* gathered by strides for every tile */
#define AD_KEPT 2    /* gathered once an item: all tiles read the same */
#define AD_FILLED 3  /* a constant, or a run-time count */

typedef struct ad_source {
    int32_t kind;
    int32_t reg;
    int32_t value;     /* of the plan */
    int32_t written;   /* a result: its place is written */
    int64_t offset;    /* elements */
    kern_strides view; /* of AD_LOADED and AD_KEPT, joined */
    ad_place place;
    double number;   /* of AD_FILLED */
    ad_extent count; /* of AD_FILLED: times this at run time, unless n is 0 */
} ad_source;

/* A sum of register reg to a result. */
typedef struct ad_ending {
    int32_t reg;
    int32_t value;
    ad_place place;
} ad_ending;

#define AD_REGISTERS 160 /* of fused code, at most */
#define AD_GROUP 40      /* values of a group, at most */

typedef struct ad_fused {
    size_t count; /* of code */
    kern_tile *code;
    int32_t registers, sources, endings;
    ad_source *source;
    ad_ending *ending;
    int32_t *slot; /* [registers] of scratch; -1: pointed */
    int32_t slots;
    ad_extent extent;
    ad_form form;
    size_t tile;   /* elements of a register */
    size_t period; /* no tile crosses a multiple of it; 0: none */
    size_t item;   /* elements of an item */
    size_t runs;   /* bytes of KERN_RUN rows' sums, where a tile holds few */
    size_t cost;   /* picoseconds an element, guessed */
} ad_fused;

typedef struct ad_step {
    const struct ad_kernel *kernel;
    const char *name;
    ad_record r;
    int32_t arity;
    ad_shape shape[AD_INPUTS];        /* of the operands */
    int32_t value[AD_INPUTS], result; /* of the plan */
    int64_t offset[AD_INPUTS];        /* elements; `in` has it, too */
    ad_place in[AD_INPUTS], out;
    int64_t
        lead[AD_INPUTS];   /* of a matmul's operands: the leading dimension, */
    int turned[AD_INPUTS]; /* and whether they lie transposed */
    size_t unit;           /* rows, or elements, of an item */
    size_t work, work_at;  /* bytes in the arena while it runs */
    size_t scratch;        /* bytes of a slot */
    ad_fused *fused;
} ad_step;

typedef struct ad_named {
    const char *name;
    ad_place place;
} ad_named;

#define AD_SIDE 16        /* steps side by side, at most */
#define AD_SMALL 20000000 /* picoseconds: not worth a second thread */

/* Steps first … first + n - 1, between two barriers: pass_region.c. */
typedef struct ad_region {
    int32_t first, n;
    size_t panel; /* rows; 0: side by side */
    size_t cost;  /* picoseconds, guessed */
    int32_t cut;  /* 1: sums over the parts; share.c */
} ad_region;

struct ad_program {
    const kern_ops *ops;
    size_t rows;
    int32_t apart; /* nothing is summed over rows: no row knows another */
    size_t n, n_regions, n_inputs, n_outputs;
    ad_step *steps;
    ad_region *regions;
    ad_named *inputs;
    ad_place *outputs;
    ad_extent *extents; /* of the outputs */
    size_t arena; /* bytes, without the slots behind */
    size_t slot;  /* bytes of one */
};

/* ---- compiling ---------------------------------------------------------- */

typedef struct ad_plan {
    const ad_graph *g;
    genmod_workspace *w;
    const kern_ops *ops;
    size_t targets;
    const ad_target *target;

    size_t n, room;
    ad_value *value;
    int32_t *of; /* [targets] the value of each */

    size_t edges;            /* value -> reader, by value */
    int32_t *first, *reader; /* [n + 1], [edges] */

    size_t groups;
    int32_t *order;     /* [groups] */
    int32_t *step_of;   /* [groups] */
    int32_t *region_of; /* [groups] of steps */
    int32_t *time_of;   /* [groups + 1] of steps, and of their end */
    size_t regions;
    ad_region *region; /* [groups] */
    int32_t *begin, *member; /* [groups + 1], [n]: values by group */

    size_t buffers;
    ad_buffer *buffer;
    ad_program *program;
} ad_plan;

/* pass_view.c: live nodes become values; views, references. */
int32_t ad_pass_view(ad_plan *p);
/* 1 where the reference is all of its value in its order. */
int ad_ref_whole(const ad_plan *p, const ad_ref *r, ad_extent extent);
/* 1 where its elements lie one behind another. */
int ad_ref_dense(const ad_ref *r);
/* 1 where it is a constant or a count: *number, *count as in ad_source. */
int ad_ref_number(const ad_plan *p, const ad_ref *r, double *number,
                  ad_extent *count);
/* pass_fuse.c: values get groups. */
int32_t ad_pass_fuse(ad_plan *p);
/* pass_order.c: groups get an order; which values are stored, and where. */
int32_t ad_pass_order(ad_plan *p);
/* pass_region.c: the order, in regions. */
int32_t ad_pass_region(ad_plan *p);
/* pass_emit.c: groups become steps. */
int32_t ad_pass_emit(ad_plan *p);
/* pass_place.c: buffers, shared where one ends as the other begins; offsets. */
int32_t ad_pass_place(ad_plan *p);

/* ---- running ------------------------------------------------------------ */

/* A step under way. */
typedef struct ad_exec {
    const ad_program *p;
    const ad_store *s;
    const ad_replay *r;
    const ad_step *step;
    int phase;
    size_t items[AD_PHASES];
    uint64_t key; /* of draws: ad_draw_key() */
    union {
        kern_product product;
        kern_conv_job conv;
    } job;
} ad_exec;

struct ad_kernel {
    /* Fills in unit, work and scratch from the planned sizes. */
    void (*plan)(ad_step *s, const kern_ops *o);
    /* Items of each phase for the rows of the replay; 0: no such phase. */
    void (*open)(ad_exec *e);
    void (*item)(const ad_exec *e, size_t item, char *scratch);
    /* Rows lo … hi - 1 of the replay, panel number `part` of items[0], where
     * the step goes by rows. Sums over rows go to parts, which items of phase 1
     * join. NULL: never by rows. */
    void (*rows)(const ad_exec *e, size_t lo, size_t hi, size_t part,
                 char *scratch);
};

extern const struct ad_kernel ad_kernel_fused;

/* run.c: a replay that begins, and one region of it. */
ad_exec ad_open(const ad_program *p, const ad_store *s, const ad_replay *r);
void ad_run_region(const ad_exec *e, const ad_region *r, genmod_workspace *w);

/* The stream of draws of a replay's step: draws of different steps have nothing
 * in common. */
uint64_t ad_draw_key(uint64_t seed, uint64_t step);
/* Where a place is in this replay. */
char *ad_at_place(const ad_exec *e, const ad_place *p);
/* Rows (of `cost` picoseconds each) that an item should have, of n: worth the
 * handing out, and not too few. Depends on its arguments alone. */
size_t ad_unit(size_t n, size_t cost);
size_t ad_parts(size_t n, size_t unit); /* n / unit, rounded up */
size_t ad_smaller(size_t a, size_t b);
size_t ad_round_up(size_t bytes); /* to whole lines of BASE_ALIGN */
/* Rows of axis 0 at the replay's m, and elements behind it. */
size_t ad_length_at(const ad_shape *s, size_t rows);
size_t ad_behind(const ad_shape *s);

#endif
