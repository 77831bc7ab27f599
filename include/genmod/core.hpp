/** @file core.hpp
 * What the C++ headers share: handles that free themselves, spans, errors that
 * carry the library's text. Nothing is reachable by these headers alone: they
 * call the C functions, and get() hands out what the rest of those take.
 *
 * A call that fails throws genmod::error. With GENMOD_NO_EXCEPTIONS, or where
 * the compiler has exceptions off, it returns a genmod::result instead, which
 * the compiler wants looked at: code(), what(), and what was asked for as
 * value().
 *
 * The last argument of a call is a workspace. Left out, one is made for the
 * call: loops had better bring their own.
 */
#ifndef GENMOD_CORE_HPP
#define GENMOD_CORE_HPP

#include "base.h"
#include "data.h"

#include <cstring>
#include <exception>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if !defined(GENMOD_NO_EXCEPTIONS) && !defined(__cpp_exceptions)
/** To be defined before the include: calls return genmod::result. */
#define GENMOD_NO_EXCEPTIONS 1
#endif

#if defined(__clang__)
#define GENMOD_LOOK_AT __attribute__((warn_unused_result))
#else
/** On a type whose values have to be looked at. */
#define GENMOD_LOOK_AT [[nodiscard]]
#endif

/** The library in C++11, listed in the form that throws. "As ae_encode()": what
 * is taken, done and refused stands there. */
namespace genmod
{
/* The two forms may meet in one program: they have names of their own. */
#ifdef GENMOD_NO_EXCEPTIONS
inline namespace returning
#else
inline namespace throwing
#endif
{

/** A code of base.h, and the library's text where it is not GENMOD_OK. */
class GENMOD_LOOK_AT status
{
  public:
    /** GENMOD_OK. */
    status() noexcept : status(GENMOD_OK, "")
    {
    }
    /** genmod_status_name() stands for an empty text. */
    status(int32_t code, const char *text) noexcept : number(code)
    {
        std::strncpy(line, *text ? text : genmod_status_name(code),
                     sizeof line - 1);
        line[sizeof line - 1] = '\0';
    }
    /** Has the call done what it was asked for? */
    bool ok() const noexcept
    {
        return number == GENMOD_OK;
    }
    /** One of base.h. */
    int32_t code() const noexcept
    {
        return number;
    }
    /** The library's text: argument, value, bound. */
    const char *what() const noexcept
    {
        return line;
    }

  private:
    int32_t number;
    char line[512];
};

#ifdef GENMOD_NO_EXCEPTIONS
/** What a call came to: its value where ok(), an empty one where not. */
template <class T = void> class GENMOD_LOOK_AT result : public status
{
  public:
    /** v is empty where code is not GENMOD_OK. */
    result(int32_t code, const char *text, T v)
        : status(code, text), held(std::move(v))
    {
    }
    /** What was asked for. */
    T &value() noexcept
    {
        return held;
    }
    /** The same. */
    T &operator*() noexcept
    {
        return held;
    }
    /** The same. */
    T *operator->() noexcept
    {
        return &held;
    }

  private:
    T held;
};

/** What a call without a value came to. */
template <> class GENMOD_LOOK_AT result<void> : public status
{
  public:
    using status::status;
};
#else
/** A call that failed. */
class error : public std::exception
{
  public:
    /** As status. */
    error(int32_t code, const char *text) noexcept : told(code, text)
    {
    }
    /** One of base.h, not GENMOD_OK. */
    int32_t code() const noexcept
    {
        return told.code();
    }
    /** The library's text: argument, value, bound. */
    const char *what() const noexcept override
    {
        return told.what();
    }

  private:
    status told;
};

/** What a call comes to: T itself, failures are thrown. With
 * GENMOD_NO_EXCEPTIONS a class instead, a status, that has the T as value(),
 * `*` and `->`, an empty one after a failure. */
template <class T = void> using result = T;
#endif

/** n elements that lie in a row, of someone else. */
template <class T> class span
{
  public:
    /** No elements. */
    span() noexcept : first(nullptr), n(0)
    {
    }
    /** The elements from data on. */
    span(T *data, size_t size) noexcept : first(data), n(size)
    {
    }
    /** Of an array. */
    template <size_t N> span(T (&a)[N]) noexcept : span(a, N)
    {
    }
    /** Of whatever has data() and size(): vector, array, string, std::span. */
    template <class C,
              class U = typename std::remove_pointer<
                  decltype(std::declval<C &>().data())>::type,
              class = typename std::enable_if<
                  std::is_convertible<U (*)[], T (*)[]>::value>::type>
    span(C &&c) noexcept : span(c.data(), c.size())
    {
    }
    /** The first element. */
    T *data() const noexcept
    {
        return first;
    }
    /** n. */
    size_t size() const noexcept
    {
        return n;
    }
    /** What they take: what C functions ask for. */
    size_t bytes() const noexcept
    {
        return n * sizeof(T);
    }
    /** data(): a range, too. */
    T *begin() const noexcept
    {
        return first;
    }
    /** Behind the last element. */
    T *end() const noexcept
    {
        return first + n;
    }
    /** Element i, < size(): not checked. */
    T &operator[](size_t i) const noexcept
    {
        return first[i];
    }

  private:
    T *first;
    size_t n;
};

namespace detail
{
template <class C>
span<typename std::remove_pointer<decltype(std::declval<C &>().data())>::type>
view(C &c) noexcept
{
    return {c.data(), c.size()};
}
template <class T, size_t N> span<T> view(T (&a)[N]) noexcept
{
    return a;
}

/** The C functions of a handle; each type has its own. */
template <class H> struct calls;

template <> struct calls<genmod_context> {
    static constexpr decltype(&genmod_context_free) end = genmod_context_free;
};
template <> struct calls<genmod_workspace> {
    static constexpr decltype(&genmod_workspace_free) end =
        genmod_workspace_free;
};
template <> struct calls<genmod_config> {
    static constexpr decltype(&genmod_config_free) end = genmod_config_free;
};
template <> struct calls<genmod_data> {
    static constexpr decltype(&genmod_data_free) end = genmod_data_free;
};
} // namespace detail

/** A saved model. */
typedef std::vector<unsigned char> saved;

/** Rows to be read: floats, doubles or bytes. */
class input
{
  public:
    /** Of whatever turns into a span of them. */
    template <class C, class = typename std::enable_if<
                           !std::is_base_of<input, C>::value>::type>
    input(const C &c) : input(detail::view(c), 0)
    {
    }
    /** GENMOD_F32, GENMOD_F64 or GENMOD_U8. */
    int32_t type() const noexcept
    {
        return kind;
    }
    /** How many elements there are. */
    size_t size() const noexcept
    {
        return n;
    }
    /** The first element. */
    const void *data() const noexcept
    {
        return first;
    }

  private:
    input(span<const float> s, int)
        : kind(GENMOD_F32), n(s.size()), first(s.data())
    {
    }
    input(span<const double> s, int)
        : kind(GENMOD_F64), n(s.size()), first(s.data())
    {
    }
    input(span<const uint8_t> s, int)
        : kind(GENMOD_U8), n(s.size()), first(s.data())
    {
    }
    int32_t kind;
    size_t n;
    const void *first;
};

/** Rows to be written: floats or doubles. */
class output
{
  public:
    /** None: what is optional is not asked for. */
    output() noexcept : output(span<double>(), 0)
    {
    }
    /** Of whatever turns into a span of them. */
    template <class C, class = typename std::enable_if<!std::is_base_of<
                           output, typename std::decay<C>::type>::value>::type>
    output(C &&c) : output(detail::view(c), 0)
    {
    }
    /** GENMOD_F32 or GENMOD_F64. */
    int32_t type() const noexcept
    {
        return kind;
    }
    /** The room that there is. */
    size_t bytes() const noexcept
    {
        return n;
    }
    /** The first element. */
    void *data() const noexcept
    {
        return first;
    }

  private:
    output(span<float> s, int) noexcept
        : kind(GENMOD_F32), n(s.bytes()), first(s.data())
    {
    }
    output(span<double> s, int) noexcept
        : kind(GENMOD_F64), n(s.bytes()), first(s.data())
    {
    }
    int32_t kind;
    size_t n;
    void *first;
};

/** Owns an object of the library; moves, and is not copied. */
template <class H> class handle
{
  public:
    /** Takes what a C function made. */
    explicit handle(H *owned = nullptr) noexcept : held(owned)
    {
    }
    /** For C functions; stays the handle's. */
    H *get() noexcept
    {
        return held.get();
    }
    /** For C functions that take it `const`. */
    const H *get() const noexcept
    {
        return held.get();
    }
    /** Hands it over: the caller frees it. */
    H *release() noexcept
    {
        return held.release();
    }
    /** Is there an object? Not after a move. */
    explicit operator bool() const noexcept
    {
        return held != nullptr;
    }

  private:
    struct ender {
        void operator()(H *h) const noexcept
        {
            detail::calls<H>::end(h);
        }
    };
    std::unique_ptr<H, ender> held;
};

class data;
class workspace;

/** The workspace of one call: the caller's, or one that goes with it. */
class call
{
  public:
    /** One of its own, by genmod_workspace_new(). */
    call() noexcept : used(nullptr), own(nullptr)
    {
        if (genmod_workspace_new(nullptr, &own) == GENMOD_OK)
            used = own;
    }
    /** The caller's, which has to stay. */
    call(workspace &w) noexcept;
    call(const call &) = delete;
    call &operator=(const call &) = delete;
    ~call()
    {
        genmod_workspace_free(own);
    }
    /** NULL where there was no memory for one. */
    genmod_workspace *get() const noexcept
    {
        return used;
    }
    const char *text() const noexcept
    {
        return genmod_workspace_error(used);
    }

  private:
    genmod_workspace *used, *own;
};

namespace detail
{
/** A callback of the caller's. What it throws waits here until the library has
 * returned: no exception crosses a C frame. */
class carrier
{
  public:
#ifdef GENMOD_NO_EXCEPTIONS
    template <class F> int32_t guard(F f) noexcept
    {
        return f();
    }
    void rethrow()
    {
    }
#else
    template <class F> int32_t guard(F f) noexcept
    {
        try {
            return f();
        } catch (...) {
            thrown = std::current_exception();
            return GENMOD_CALLBACK;
        }
    }
    void rethrow()
    {
        std::exception_ptr taken;
        std::swap(taken, thrown);
        if (taken)
            std::rethrow_exception(taken);
    }

  private:
    std::exception_ptr thrown;
#endif
};

#ifdef GENMOD_NO_EXCEPTIONS
inline result<> give(int32_t code, const char *text)
{
    return {code, text};
}
template <class T> result<T> give(int32_t code, const char *text, T v)
{
    return {code, text, std::move(v)};
}
#else
inline void give(int32_t code, const char *text)
{
    if (code != GENMOD_OK)
        throw error(code, text);
}
template <class T> T give(int32_t code, const char *text, T v)
{
    give(code, text);
    return v;
}
#endif

template <class T> result<T> wrong(const char *text)
{
    return give(GENMOD_BAD_ARGUMENT, text, T());
}
inline result<> refuse(const char *text)
{
    return give(GENMOD_BAD_ARGUMENT, text);
}

/* What stands for an argument in a C call, and what it has to rethrow. */
template <class T> T raw(T v)
{
    return v;
}
const genmod_data *raw(const data &x);
const genmod_data *raw(const data *x);
template <class T> void rethrow(const T &)
{
}
void rethrow(const data &x);
void rethrow(const data *const &x);
inline void rethrow(carrier *const &c)
{
    c->rethrow();
}

template <class F, class... A> int32_t invoke(const call &w, F f, const A &...a)
{
    const int32_t code = f(raw(a)..., w.get());
    if (code == GENMOD_CALLBACK)
        (void)std::initializer_list<int>{0, (rethrow(a), 0)...};
    return code;
}

/** f(a…, w). */
template <class F, class... A> result<> plain(const call &w, F f, const A &...a)
{
    const int32_t code = invoke(w, f, a...);
    return give(code, w.text());
}

/** f(a…, &value, w). */
template <class T, class F, class... A>
result<T> valued(const call &w, F f, const A &...a)
{
    T v = T();
    const int32_t code = invoke(w, f, a..., &v);
    return give(code, w.text(), v);
}

/** f(a…, &handle, w). */
template <class C, class H, class F, class... A>
result<C> made(const call &w, F f, const A &...a)
{
    H *h = nullptr;
    const int32_t code = invoke(w, f, a..., &h);
    return give(code, w.text(), C(h));
}

/** f(a…, cap, out, &need, w), asked twice. */
template <class V, class F, class... A>
result<V> sized(const call &w, F f, const A &...a)
{
    size_t need = 0;
    V v;
    int32_t code = invoke(w, f, a..., size_t(0), nullptr, &need);
    if (code == GENMOD_TOO_SMALL) {
        v.resize(need);
        code = invoke(w, f, a..., need, &v[0], nullptr);
    }
    return give(code, w.text(), std::move(v));
}

/** The same for text, whose ending zero byte is not in the string. */
template <class F, class... A>
result<std::string> text(const call &w, F f, const A &...a)
{
    size_t need = 0;
    std::string v;
    int32_t code = invoke(w, f, a..., size_t(0), nullptr, &need);
    if (code == GENMOD_TOO_SMALL) {
        v.resize(need);
        code = invoke(w, f, a..., need, &v[0], nullptr);
        v.resize(need - 1);
    }
    return give(code, w.text(), std::move(v));
}
} // namespace detail

inline int32_t version() noexcept
{
    return genmod_version();
}
inline const char *status_name(int32_t code) noexcept
{
    return genmod_status_name(code);
}

} // namespace throwing, returning
} // namespace genmod

#endif
