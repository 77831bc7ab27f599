/** @file base.h
 * What all families share: status codes, the host's resources, the workspace
 * of a call, configurations and reports.
 *
 * A program makes a context if it wants to bring its own memory or threads, a
 * workspace a thread, a config, and a model. Every call that can fail returns
 * 0 or one of the negative codes below and takes a workspace as its last
 * argument; NULL there means malloc, the calling thread and no error text.
 */
#ifndef GENMOD_BASE_H
#define GENMOD_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GENMOD_VERSION_MAJOR 1 /**< changes when a program has to */
#define GENMOD_VERSION_MINOR 0 /**< changes when something is added */
#define GENMOD_VERSION_PATCH 0 /**< changes when something is mended */
/** Of these headers; genmod_version() is the library's. */
#define GENMOD_VERSION                                                         \
    (GENMOD_VERSION_MAJOR * 1000000 + GENMOD_VERSION_MINOR * 1000 +            \
     GENMOD_VERSION_PATCH)

#if defined(__GNUC__)
/** Marks what the library hands out. */
#define GENMOD_API __attribute__((visibility("default")))
/** The same, of calls whose status has to be looked at. */
#define GENMOD_CALL GENMOD_API __attribute__((warn_unused_result))
#else
#define GENMOD_API
#define GENMOD_CALL GENMOD_API
#endif

/* Status codes. A number never changes its meaning. */
#define GENMOD_OK 0              /**< the call did what it says */
#define GENMOD_BAD_ARGUMENT (-1) /**< an argument is outside its documented range */
#define GENMOD_NO_MEMORY (-2)    /**< the allocator returned NULL */
#define GENMOD_LIMIT (-3)        /**< the context's memory limit would be passed */
#define GENMOD_TOO_SMALL (-4)    /**< the output does not fit; *need was written */
#define GENMOD_BUSY (-5)         /**< the object is in the middle of another call */
#define GENMOD_NOT_FITTED (-6)   /**< the model has no parameters yet */
#define GENMOD_NON_FINITE (-7)   /**< NaN or infinity in the data */
#define GENMOD_BREAKDOWN (-8)    /**< the numbers gave out, and nothing could mend it */
#define GENMOD_CANCELLED (-9)    /**< genmod_workspace_cancel() was called */
#define GENMOD_BAD_BYTES (-10)   /**< the bytes are not a saved model */
#define GENMOD_UNSUPPORTED (-11) /**< well formed, but this build or model cannot */
#define GENMOD_CALLBACK (-12)    /**< a callback returned a negative value */

/* Element types of rows that go in and come out. */
#define GENMOD_F32 1 /**< float */
#define GENMOD_F64 2 /**< double */
#define GENMOD_U8 3 /**< uint8_t; goes in alone */

/**
 * The host's resources: memory, threads, instruction set.
 *
 * Handles made with it hold references, so that everything may be freed in any
 * order; its threads end with the last reference.
 *
 * Thread-safety: may be shared by any number of threads once its setters are
 * done.
 */
typedef struct genmod_context genmod_context;

/**
 * What a caller brings to a call: a context, scratch memory, the text of the
 * last error, the cancel flag.
 *
 * Thread-safety: one call at a time, on any thread; a second one at the same
 * time returns GENMOD_BUSY. genmod_workspace_cancel() is the exception.
 */
typedef struct genmod_workspace genmod_workspace;

/**
 * The named options of one kind of model.
 *
 * Thread-safety: concurrent readers, or one writer.
 */
typedef struct genmod_config genmod_config;

/**
 * Named numbers and series that training leaves. Lent by a model until its
 * next mutating call.
 *
 * Thread-safety: as the model that lent it.
 */
typedef struct genmod_report genmod_report;

/**
 * Gives `bytes` bytes (> 0) aligned to `align` (a power of two, at most 64), or
 * NULL. May be called from any thread.
 */
typedef void *(*genmod_alloc)(size_t bytes, size_t align, void *user);

/** Takes back what genmod_alloc gave, with the same `bytes` and `align`. */
typedef void (*genmod_dealloc)(void *p, size_t bytes, size_t align, void *user);

/** One of n pieces of work, number i. Returns 0, or a code to hand on. */
typedef int32_t (*genmod_task)(size_t i, void *arg);

/**
 * Runs task(0, arg) … task(n - 1, arg), in any order, on any threads, and
 * returns when all are done: 0, or a non-zero value that one task returned.
 * Called from the thread that called the library. If it gives up, with another
 * value, the calling thread does what is left, and the call may end with
 * GENMOD_CALLBACK.
 */
typedef int32_t (*genmod_parallel_for)(size_t n, genmod_task task, void *arg,
                                       void *user);

/**
 * Called during training, on the calling thread, at every block of rows.
 *
 * `report` is the model's own, as it stands. Return 0 to go on, a positive
 * value to stop and keep the last completed step (training then returns 0), a
 * negative one to stop with GENMOD_CALLBACK. In it, `const` calls on the model
 * and saving work, with another workspace or NULL; mutating ones return
 * GENMOD_BUSY. It must return: no exception and no longjmp across it.
 */
typedef int32_t (*genmod_progress)(const genmod_report *report, void *user);

/**
 * The version of the library that is running, as GENMOD_VERSION.
 * @return major * 1000000 + minor * 1000 + patch. Since 0.1.
 */
GENMOD_API int32_t genmod_version(void);

/**
 * The name of a status code.
 * @param status any number
 * @return static text, for example "bad argument"; "unknown status" for a number
 *   that is none. Never NULL. Since 0.1.
 */
GENMOD_API const char *genmod_status_name(int32_t status);

/**
 * Make a context.
 *
 * It starts with no threads beside the caller's, no memory limit, and the best
 * instruction set of the machine.
 *
 * @param alloc    the host's allocator; NULL, together with dealloc, for malloc
 * @param dealloc  its counterpart
 * @param user     handed to both, may be NULL
 * @param[out] out the context, owned by the caller; NULL after a failure
 * @retval GENMOD_BAD_ARGUMENT out is NULL, or one of alloc and dealloc alone is
 * @retval GENMOD_NO_MEMORY
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_context_new(genmod_alloc alloc,
                                       genmod_dealloc dealloc, void *user,
                                       genmod_context **out);

/**
 * Bound the memory that everything made with this context holds at one time.
 *
 * @param c      the context, not yet in use
 * @param bytes  the bound; 0 for none. What would pass it fails with
 *   GENMOD_LIMIT and leaves everything as it was.
 * @retval GENMOD_BAD_ARGUMENT c is NULL
 * @retval GENMOD_BUSY a workspace was made with c already
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_context_set_memory_limit(genmod_context *c,
                                                    uint64_t bytes);

/**
 * Give the context a pool of its own: calls use n threads, the caller's among
 * them. Results do not depend on n.
 *
 * @param c  the context, not yet in use
 * @param n  1 to 1024; 1 means the caller's thread alone. Fewer threads than
 *   asked for, because the system gives no more, are no error.
 * @retval GENMOD_BAD_ARGUMENT c is NULL, or n outside its range
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_BUSY a workspace was made with c already
 * After a failure the context has the threads it had. Since 0.1.
 */
GENMOD_CALL int32_t genmod_context_set_threads(genmod_context *c, size_t n);

/**
 * Use the host's own thread pool instead.
 *
 * @param c      the context, not yet in use
 * @param width  how many tasks may run at the same time, 1 to 1024
 * @param run    the host's parallel loop; NULL goes back to the caller's thread
 * @param user   handed to run, may be NULL
 * @retval GENMOD_BAD_ARGUMENT c is NULL, or width outside its range
 * @retval GENMOD_BUSY a workspace was made with c already
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_context_set_parallel_for(genmod_context *c,
                                                    size_t width,
                                                    genmod_parallel_for run,
                                                    void *user);

/**
 * Choose the kernels by instruction set. The same set gives the same bits on
 * every machine that has it.
 *
 * @param c     the context, not yet in use
 * @param name  "x86-64-v3" (AVX2, FMA), "x86-64-v4" (AVX-512), "aarch64",
 *   "generic" (SSE2 on x86-64); NULL for the best that the machine has
 * @retval GENMOD_BAD_ARGUMENT c is NULL, or no such name
 * @retval GENMOD_UNSUPPORTED the machine or this build does not have it
 * @retval GENMOD_BUSY a workspace was made with c already
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_context_set_kernels(genmod_context *c,
                                               const char *name);

/**
 * The name of the kernels that calls with this context run.
 * @param c  a context; NULL means the one that a NULL workspace has
 * @return static text, as in genmod_context_set_kernels(). Since 0.1.
 */
GENMOD_API const char *genmod_context_kernels(const genmod_context *c);

/** Let go of a context. NULL is allowed. Since 0.1. */
GENMOD_API void genmod_context_free(genmod_context *c);

/**
 * Make a workspace.
 * @param c        the context, which must outlive nothing: the workspace holds a
 *   reference; NULL for malloc and the calling thread
 * @param[out] out the workspace, owned by the caller; NULL after a failure
 * @retval GENMOD_BAD_ARGUMENT out is NULL
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_workspace_new(genmod_context *c,
                                         genmod_workspace **out);

/**
 * What went wrong in the last call with this workspace: one line that names the
 * argument, its value and its bound.
 * @param w  a workspace; NULL gives ""
 * @return the text, "" after a success; valid until the next call with w.
 * Since 0.1.
 */
GENMOD_API const char *genmod_workspace_error(const genmod_workspace *w);

/**
 * End the computing call that is under way with this workspace, or, if there
 * is none, the next one: it returns GENMOD_CANCELLED. One lock-free store, safe
 * from any thread and from a signal handler. NULL is allowed. Since 0.1.
 */
GENMOD_API void genmod_workspace_cancel(genmod_workspace *w);

/** Free a workspace. NULL is allowed. Since 0.1. */
GENMOD_API void genmod_workspace_free(genmod_workspace *w);

/**
 * Set a whole-number option.
 * @param c    a config, from a family's `_config_new`
 * @param key  the option's name
 * @param v    its value; an option of type "f64" takes it too
 * @param w    may be NULL
 * @retval GENMOD_BAD_ARGUMENT no such key (the text names a like one), another
 *   type, or a value out of bounds (the text names the bound)
 * After a failure the config is as it was. Since 0.1.
 */
GENMOD_CALL int32_t genmod_config_set_i64(genmod_config *c, const char *key,
                                          int64_t v, genmod_workspace *w);

/** Set a real-valued option; as genmod_config_set_i64(). Since 0.1. */
GENMOD_CALL int32_t genmod_config_set_f64(genmod_config *c, const char *key,
                                          double v, genmod_workspace *w);

/**
 * Set an option of any type from text: "32", "1e-3" (a point, whatever the
 * locale), "full". As genmod_config_set_i64(). Since 0.1.
 */
GENMOD_CALL int32_t genmod_config_set_str(genmod_config *c, const char *key,
                                          const char *v, genmod_workspace *w);

/** Get a whole-number option. v is untouched after a failure. Since 0.1. */
GENMOD_CALL int32_t genmod_config_get_i64(const genmod_config *c,
                                          const char *key, int64_t *v,
                                          genmod_workspace *w);

/** Get a whole-number or real-valued option as a double. Since 0.1. */
GENMOD_CALL int32_t genmod_config_get_f64(const genmod_config *c,
                                          const char *key, double *v,
                                          genmod_workspace *w);

/**
 * Get an option of any type as text, which genmod_config_set_str() takes back
 * without loss.
 * @param c         a config
 * @param key       the option's name
 * @param cap       bytes at out, the ending zero byte among them
 * @param[out] out  the text; may be NULL if cap is 0
 * @param[out] need the bytes that it takes; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT no such key
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_config_get_str(const genmod_config *c,
                                          const char *key, size_t cap,
                                          char *out, size_t *need,
                                          genmod_workspace *w);

/**
 * The names of the options, one by one.
 * @return static text, or NULL for i at or past their number. Since 0.1.
 */
GENMOD_API const char *genmod_config_key(const genmod_config *c, size_t i);

/**
 * What is known of an option.
 * @param property  "type" ("i64", "f64", "str"), "default", "minimum",
 *   "maximum", "choices" (separated by '|'), "unit", "when" ("structure": fixed
 *   at creation; "training": may change between calls), "help"; "" is the
 *   answer where one does not apply
 * The rest as genmod_config_get_str(). Since 0.1.
 */
GENMOD_CALL int32_t genmod_config_describe(const genmod_config *c,
                                           const char *key,
                                           const char *property, size_t cap,
                                           char *out, size_t *need,
                                           genmod_workspace *w);

/** Free a config. NULL is allowed. Since 0.1. */
GENMOD_API void genmod_config_free(genmod_config *c);

/**
 * The names of a report's entries, one by one.
 * @return static text, or NULL for i at or past their number. Since 0.1.
 */
GENMOD_API const char *genmod_report_key(const genmod_report *r, size_t i);

/**
 * What is known of an entry: property "type" ("number", "series"), "unit",
 * "help". The rest as genmod_config_get_str(). Since 0.1.
 */
GENMOD_CALL int32_t genmod_report_describe(const genmod_report *r,
                                           const char *key,
                                           const char *property, size_t cap,
                                           char *out, size_t *need,
                                           genmod_workspace *w);

/**
 * Read a number. NaN stands for "not known yet".
 * @retval GENMOD_BAD_ARGUMENT NULL, no such key, or a series; *v is untouched
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_report_get(const genmod_report *r, const char *key,
                                      double *v);

/**
 * Read a series.
 * @param cap       doubles at out
 * @param[out] out  its values, oldest first; may be NULL if cap is 0
 * @param[out] need their number; may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, no such key, or a number
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_report_series(const genmod_report *r,
                                         const char *key, size_t cap,
                                         double *out, size_t *need);

#ifdef __cplusplus
}
#endif

#endif
