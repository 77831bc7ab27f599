/** @file ae.hpp
 * The models of ae.h. What a method does, takes and refuses stands at the C
 * function that it is named after.
 */
#ifndef GENMOD_AE_HPP
#define GENMOD_AE_HPP

#include "ae.h"
#include "model.hpp"

namespace genmod
{
#ifdef GENMOD_NO_EXCEPTIONS
inline namespace returning
#else
inline namespace throwing
#endif
{

namespace detail
{
template <> struct calls<ae_model> {
    static constexpr decltype(&ae_config_new) config_new = ae_config_new;
    static constexpr decltype(&ae_new) make = ae_new;
    static constexpr decltype(&ae_configure) configure = ae_configure;
    static constexpr decltype(&ae_get_config) get_config = ae_get_config;
    static constexpr decltype(&ae_copy) copy = ae_copy;
    static constexpr decltype(&ae_dimension) dimension = ae_dimension;
    static constexpr decltype(&ae_start) start = ae_start;
    static constexpr decltype(&ae_step) step = ae_step;
    static constexpr decltype(&ae_fit) fit = ae_fit;
    static constexpr decltype(&ae_report) report = ae_report;
    static constexpr decltype(&ae_get_params) get_params = ae_get_params;
    static constexpr decltype(&ae_save) save = ae_save;
    static constexpr decltype(&ae_load) load = ae_load;
    static constexpr decltype(&ae_free) end = ae_free;
    static constexpr decltype(&ae_code_size) code_size = ae_code_size;
    static constexpr decltype(&ae_params_key) params_key = ae_params_key;
    static constexpr decltype(&ae_set_params) set_params = ae_set_params;
    static constexpr decltype(&ae_checkpoint) checkpoint = ae_checkpoint;
};
} // namespace detail

/** An autoencoder. */
class ae : public network<ae, ae_model>
{
  public:
    using network::network;
    /** p may be empty. */
    result<> pretrain(const data &x, const progress &p, const call &w = call())
    {
        detail::listener l(p);
        return detail::plain(w, ae_pretrain, get(), x, l.entry(), l.user());
    }
    result<> adopt(const ae &from, const data &x, const call &w = call())
    {
        return detail::plain(w, ae_adopt, get(), from.get(), x);
    }
    result<> encode(const data &x, output out, const call &w = call()) const
    {
        return detail::plain(w, ae_encode, get(), x, out.type(), out.bytes(),
                             out.data());
    }
    result<> decode(const data &z, output out, const call &w = call()) const
    {
        return detail::plain(w, ae_decode, get(), z, out.type(), out.bytes(),
                             out.data());
    }
    result<> reconstruct(const data &x, output out,
                         const call &w = call()) const
    {
        return detail::plain(w, ae_reconstruct, get(), x, out.type(),
                             out.bytes(), out.data());
    }
    result<> anomaly(const data &x, span<double> out,
                     const call &w = call()) const
    {
        return detail::plain(w, ae_anomaly, get(), x, out.bytes(), out.data());
    }
    result<> anomaly_columns(const data &x, span<double> out,
                             const call &w = call()) const
    {
        return detail::plain(w, ae_anomaly_columns, get(), x, out.bytes(),
                             out.data());
    }
    result<double> threshold(const data &x, double share,
                             const call &w = call()) const
    {
        return detail::valued<double>(w, ae_threshold, get(), x, share);
    }
    result<> predict(const data &x, span<int32_t> out,
                     const call &w = call()) const
    {
        return detail::plain(w, ae_predict, get(), x, out.bytes(), out.data());
    }
    result<> probabilities(const data &x, output out,
                           const call &w = call()) const
    {
        return detail::plain(w, ae_probabilities, get(), x, out.type(),
                             out.bytes(), out.data());
    }
    result<> values(const data &x, output out, const call &w = call()) const
    {
        return detail::plain(w, ae_values, get(), x, out.type(), out.bytes(),
                             out.data());
    }
};

} // namespace throwing, returning
} // namespace genmod

#endif
