/* What every test includes: cmocka, with what it wants before it. */
#ifndef SUPPORT_TEST_H
#define SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "genmod/base.h"
#include "genmod/data.h"
#include "support/host.h"

/* |a - b| <= tolerance, or both are the same infinity. */
#define assert_near(a, b, tolerance)                                      \
    support_near((double)(a), (double)(b), (double)(tolerance), __FILE__, \
                 __LINE__)
/* The same status, shown by name; `w` (may be NULL) adds its text. */
#define assert_status(status, expected, w) \
    support_status((status), (expected), (w), __FILE__, __LINE__)
#define assert_ok(status) assert_status((status), GENMOD_OK, NULL)
/* The last text of w contains `part`. */
#define assert_error_names(w, part) \
    support_contains(genmod_workspace_error(w), (part), __FILE__, __LINE__)

void support_near(double a, double b, double tolerance, const char *file,
                  int line);
void support_status(int32_t status, int32_t expected, const genmod_workspace *w,
                    const char *file, int line);
void support_contains(const char *text, const char *part, const char *file,
                      int line);

#endif
