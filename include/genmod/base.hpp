/** @file base.hpp
 * Context, workspace, config and report of base.h. What a method does, takes
 * and refuses stands at the C function that it is named after.
 */
#ifndef GENMOD_BASE_HPP
#define GENMOD_BASE_HPP

#include "core.hpp"

#include <functional>
#include <string>
#include <vector>

namespace genmod
{
#ifdef GENMOD_NO_EXCEPTIONS
inline namespace returning
#else
inline namespace throwing
#endif
{

/** The host's resources. It may go before what was made with it. */
class context : public handle<genmod_context>
{
  public:
    using handle::handle;
    static result<context> make(genmod_alloc alloc = nullptr,
                                genmod_dealloc dealloc = nullptr,
                                void *user = nullptr)
    {
        genmod_context *c = nullptr;
        const int32_t code = genmod_context_new(alloc, dealloc, user, &c);
        return detail::give(code, "", context(c));
    }
    result<> set_memory_limit(uint64_t bytes)
    {
        return detail::give(genmod_context_set_memory_limit(get(), bytes), "");
    }
    result<> set_threads(size_t n)
    {
        return detail::give(genmod_context_set_threads(get(), n), "");
    }
    /** run must not throw, and outlive all that was made with the context. */
    result<> set_parallel_for(size_t width, genmod_parallel_for run, void *user)
    {
        return detail::give(
            genmod_context_set_parallel_for(get(), width, run, user), "");
    }
    result<> set_kernels(const char *name)
    {
        return detail::give(genmod_context_set_kernels(get(), name), "");
    }
    const char *kernels() const noexcept
    {
        return genmod_context_kernels(get());
    }
};

/** What a thread brings to its calls. */
class workspace : public handle<genmod_workspace>
{
  public:
    using handle::handle;
    /** As genmod_workspace_new(), on malloc and the calling thread. */
    static result<workspace> make()
    {
        return of(nullptr);
    }
    /** As genmod_workspace_new(). */
    static result<workspace> make(context &c)
    {
        return of(c.get());
    }
    const char *error() const noexcept
    {
        return genmod_workspace_error(get());
    }
    /** From any thread, or a signal handler. */
    void cancel() noexcept
    {
        genmod_workspace_cancel(get());
    }

  private:
    static result<workspace> of(genmod_context *c)
    {
        genmod_workspace *w = nullptr;
        const int32_t code = genmod_workspace_new(c, &w);
        return detail::give(code, "", workspace(w));
    }
};

inline call::call(workspace &w) noexcept : used(w.get()), own(nullptr)
{
}

/** The options of a model: gmm::options(), ae::options(), … make one. */
class config : public handle<genmod_config>
{
  public:
    using handle::handle;
    template <class T>
    typename std::enable_if<std::is_integral<T>::value, result<>>::type
    set(const char *key, T v, const call &w = call())
    {
        return detail::plain(w, genmod_config_set_i64, get(), key, int64_t(v));
    }
    result<> set(const char *key, double v, const call &w = call())
    {
        return detail::plain(w, genmod_config_set_f64, get(), key, v);
    }
    result<> set(const char *key, const char *v, const call &w = call())
    {
        return detail::plain(w, genmod_config_set_str, get(), key, v);
    }
    /** As genmod_config_set_str(). */
    result<> set(const char *key, const std::string &v, const call &w = call())
    {
        return set(key, v.c_str(), w);
    }
    result<int64_t> get_i64(const char *key, const call &w = call()) const
    {
        return detail::valued<int64_t>(w, genmod_config_get_i64, get(), key);
    }
    result<double> get_f64(const char *key, const call &w = call()) const
    {
        return detail::valued<double>(w, genmod_config_get_f64, get(), key);
    }
    result<std::string> get_str(const char *key, const call &w = call()) const
    {
        return detail::text(w, genmod_config_get_str, get(), key);
    }
    result<std::string> describe(const char *key, const char *property,
                                 const call &w = call()) const
    {
        return detail::text(w, genmod_config_describe, get(), key, property);
    }
    /** NULL for i at or past their number. */
    const char *key(size_t i) const noexcept
    {
        return genmod_config_key(get(), i);
    }
};

/** What training left; lent by a model until its next mutating call. */
class report
{
  public:
    /** Of what a C function lent. */
    explicit report(const genmod_report *lent) noexcept : r(lent)
    {
    }
    /** For C functions; stays the model's. */
    const genmod_report *get() const noexcept
    {
        return r;
    }
    result<double> number(const char *key) const
    {
        double v = 0;
        const int32_t code = genmod_report_get(r, key, &v);
        return detail::give(code, "", v);
    }
    result<std::vector<double>> series(const char *key) const
    {
        size_t n = 0;
        std::vector<double> v;
        int32_t code = genmod_report_series(r, key, 0, nullptr, &n);
        if (code == GENMOD_TOO_SMALL) {
            v.resize(n);
            code = genmod_report_series(r, key, n, v.data(), nullptr);
        }
        return detail::give(code, "", std::move(v));
    }
    result<std::string> describe(const char *key, const char *property,
                                 const call &w = call()) const
    {
        return detail::text(w, genmod_report_describe, r, key, property);
    }
    /** NULL for i at or past their number. */
    const char *key(size_t i) const noexcept
    {
        return genmod_report_key(r, i);
    }

  private:
    const genmod_report *r;
};

/** Called while a model trains: 0 goes on, > 0 stops and keeps, < 0 fails with
 * GENMOD_CALLBACK. What it throws comes out of the call that it ended. */
typedef std::function<int32_t(const report &)> progress;

namespace detail
{
class listener : public carrier
{
  public:
    explicit listener(const progress &p) noexcept : heard(p)
    {
    }
    genmod_progress entry() const noexcept
    {
        return heard ? hear : nullptr;
    }
    carrier *user() noexcept
    {
        return this;
    }

  private:
    static int32_t hear(const genmod_report *r, void *user) noexcept
    {
        listener &l = *static_cast<listener *>(static_cast<carrier *>(user));
        return l.guard([&] { return l.heard(report(r)); });
    }
    const progress &heard;
};
} // namespace detail

} // namespace throwing, returning
} // namespace genmod

#endif
