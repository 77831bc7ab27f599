#include "support/test.h"

#include "base/internal.h"

static const char *const keys[] = {
    "components", "covariance", "init",  "init_rows",  "starts",
    "seed",       "tolerance",  "ridge", "warm_start", "max_iterations",
};

#define KEYS (sizeof keys / sizeof keys[0])

static genmod_workspace *outer;

static const char *ask(const char *key)
{
    base_call call;
    genmod_workspace *const w = base_enter(&call, outer, NULL);

    base_leave(&call,
               base_no_key(w, "option", key, keys, sizeof keys[0], KEYS));
    return genmod_workspace_error(outer);
}

static void assert_names(const char *typo, const char *key)
{
    char expected[200];

    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i], typo) == 0)
            return; /* one edit made another key of it */
    strcpy(expected, "no option \"");
    strcat(expected, typo);
    strcat(expected, "\"; did you mean \"");
    strcat(expected, key);
    strcat(expected, "\"?");
    assert_string_equal(ask(typo), expected);
}

static void every_single_edit_leads_back(void **state)
{
    char s[64];

    (void)state;
    for (size_t k = 0; k < KEYS; k++) {
        const char *const key = keys[k];
        const size_t n = strlen(key);
        for (size_t i = 0; i <= n; i++) {
            memcpy(s, key, i); /* an insertion */
            s[i] = 'q';
            strcpy(s + i + 1, key + i);
            assert_names(s, key);
            if (i == n)
                break;
            strcpy(s, key); /* a change */
            s[i] = '-';
            assert_names(s, key);
            memmove(s + i, key + i + 1, n - i); /* a deletion */
            assert_names(s, key);
            if (i + 1 < n) { /* a swap */
                strcpy(s, key);
                s[i] = key[i + 1];
                s[i + 1] = key[i];
                assert_names(s, key);
            }
        }
    }
}

static void any_text_gets_an_answer(void **state)
{
    char s[5000];

    (void)state;
    assert_string_equal(ask(""), "no option \"\", nor one spelt like it");
    memset(s, 'c', sizeof s - 1);
    s[sizeof s - 1] = '\0';
    assert_non_null(strstr(ask(s), "\", nor one spelt like it"));
}

static void what_is_unlike_all_keys_names_none(void **state)
{
    (void)state;
    assert_names("inite", "init");
    assert_names("compnent", "components");
    assert_string_equal(ask("epoch"),
                        "no option \"epoch\", nor one spelt like it");
    assert_string_equal(ask("learning_rate"),
                        "no option \"learning_rate\", nor one spelt like it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_single_edit_leads_back),
        cmocka_unit_test(any_text_gets_an_answer),
        cmocka_unit_test(what_is_unlike_all_keys_names_none),
    };
    int failed;

    if (genmod_workspace_new(NULL, &outer))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    genmod_workspace_free(outer);
    return failed;
}
