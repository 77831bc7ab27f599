/** @file model.hpp
 * What models of all families have in common. `_free`, `_new`, `_step`, … of a
 * family are looked up by its handle; M is the class that is derived.
 */
#ifndef GENMOD_MODEL_HPP
#define GENMOD_MODEL_HPP

#include "data.hpp"

namespace genmod
{
#ifdef GENMOD_NO_EXCEPTIONS
inline namespace returning
#else
inline namespace throwing
#endif
{

/** What models of all families do. */
template <class M, class H> class model : public handle<H>
{
    typedef detail::calls<H> f;

  public:
    using handle<H>::handle;
    using handle<H>::get;
    /** A config with the defaults of the family. */
    static result<config> options(const call &w = call())
    {
        return detail::made<config, genmod_config>(w, f::config_new);
    }
    static result<M> make(const config &c, const call &w = call())
    {
        return detail::made<M, H>(w, f::make, c.get());
    }
    /** Of the default options. */
    static result<M> make(const call &w = call())
    {
        return detail::made<M, H>(w, f::make, nullptr);
    }
    result<> configure(const config &c, const call &w = call())
    {
        return detail::plain(w, f::configure, get(), c.get());
    }
    result<> get_config(config &c, const call &w = call()) const
    {
        return detail::plain(w, f::get_config, get(), c.get());
    }
    result<> copy(M &to, const call &w = call()) const
    {
        return detail::plain(w, f::copy, get(), to.get());
    }
    size_t dimension() const noexcept
    {
        return f::dimension(get());
    }
    result<> start(const data &x, const call &w = call())
    {
        return detail::plain(w, f::start, get(), x);
    }
    result<> step(const data &x, const call &w = call())
    {
        return detail::plain(w, f::step, get(), x);
    }
    genmod::report report() const noexcept
    {
        return genmod::report(f::report(get()));
    }
    result<std::vector<double>> get_params(const char *name,
                                           const call &w = call()) const
    {
        return detail::sized<std::vector<double>>(w, f::get_params, get(),
                                                  name);
    }
    result<saved> save(const call &w = call()) const
    {
        return detail::sized<saved>(w, f::save, get());
    }
    result<> load(span<const unsigned char> file, const call &w = call())
    {
        return detail::plain(w, f::load, get(), file.size(), file.data());
    }
};

/** A model of networks, whose arrays have names. */
template <class M, class H> class network : public model<M, H>
{
    typedef detail::calls<H> f;

  public:
    using model<M, H>::model;
    using model<M, H>::get;
    size_t code_size() const noexcept
    {
        return f::code_size(get());
    }
    /** As ae_fit(), gan_fit() or vae_fit() of x alone. */
    result<> fit(const data &x, const call &w = call())
    {
        return fit(x, nullptr, progress(), w);
    }
    /** held_out may be nullptr, p empty. */
    result<> fit(const data &x, const data *held_out, const progress &p,
                 const call &w = call())
    {
        detail::listener l(p);
        return detail::plain(w, f::fit, get(), x, held_out, l.entry(),
                             l.user());
    }
    /** NULL for i at or past their number. */
    const char *params_key(size_t i) const noexcept
    {
        return f::params_key(get(), i);
    }
    result<> set_params(const char *name, span<const double> values,
                        const call &w = call())
    {
        return detail::plain(w, f::set_params, get(), name, values.size(),
                             values.data());
    }
    result<saved> checkpoint(const call &w = call()) const
    {
        return detail::sized<saved>(w, f::checkpoint, get());
    }
};

} // namespace throwing, returning
} // namespace genmod

#endif
