#include "guard/environment.h"

#include <fenv.h>
#include <locale.h>

static const environment settings[] = {
    {FE_TONEAREST, 0, NULL},
    {FE_UPWARD, 0, NULL},
    {FE_DOWNWARD, FE_ALL_EXCEPT, NULL},
    {FE_TOWARDZERO, FE_DIVBYZERO | FE_INEXACT, NULL},
};

static unsigned control(void)
{
#ifdef __SSE__
    return __builtin_ia32_stmxcsr() & 0xffc0;
#else
    return 0;
#endif
}

const char *environment_difference(const environment *e)
{
    static const unsigned kept[] = {0x1f80, 0x5f80, 0x3f80, 0x7f80};
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD,
                                FE_TOWARDZERO};
    if (fegetround() != e->rounding)
        return "rounding mode";
    if (fetestexcept(FE_ALL_EXCEPT) != e->flags)
        return "exception flags";
    for (size_t i = 0; control() && i < 4; i++)
        if (modes[i] == e->rounding && control() != kept[i])
            return "control bits";
    if (strcmp(setlocale(LC_ALL, NULL), e->locale) != 0)
        return "locale";
    return NULL;
}

void environment_unchanged(const environment *e, const char *name)
{
    if (environment_difference(e))
        fail_msg("%s changed the %s", name, environment_difference(e));
}

void environment_good(const environment *e, const char *name, int32_t status,
                      genmod_workspace *w)
{
    environment_unchanged(e, name);
    assert_status(status, GENMOD_OK, w);
}

int32_t environment_here(size_t n, genmod_task task, void *arg, void *user)
{
    int32_t status = 0;
    (void)user;
    for (size_t i = 0; i < n && status == 0; i++)
        status = task(i, arg);
    return status;
}

static void *play_in(const environment *setting, environment_play play,
                     size_t bytes)
{
    char locale[256];
    environment e = *setting;
    void *const out = calloc(1, bytes);
    assert_non_null(out);
    strcpy(locale, setlocale(LC_ALL, NULL));
    e.locale = locale;
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(e.flags);
    fesetround(e.rounding);
    play(&e, out);
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    return out;
}

void environment_check_settings(environment_play play, size_t bytes)
{
    void *const first = play_in(&settings[0], play, bytes);
    for (size_t i = 1; i < sizeof settings / sizeof *settings; i++) {
        void *const other = play_in(&settings[i], play, bytes);
        assert_memory_equal(first, other, bytes);
        free(other);
    }
    free(first);
}

void environment_check_locale(environment_play play, size_t bytes)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE",
                                        "C.UTF-8"};
    void *const first = play_in(&settings[0], play, bytes);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (setlocale(LC_ALL, names[i]))
            break;
    void *const other = play_in(&settings[0], play, bytes);
    setlocale(LC_ALL, "C");
    assert_memory_equal(first, other, bytes);
    free(other);
    free(first);
}
