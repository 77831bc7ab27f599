/** @file vae.hpp
 * The models of vae.h. What a method does, takes and refuses stands at the C
 * function that it is named after.
 */
#ifndef GENMOD_VAE_HPP
#define GENMOD_VAE_HPP

#include "model.hpp"
#include "vae.h"

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
template <> struct calls<vae_model> {
    static constexpr decltype(&vae_config_new) config_new = vae_config_new;
    static constexpr decltype(&vae_new) make = vae_new;
    static constexpr decltype(&vae_configure) configure = vae_configure;
    static constexpr decltype(&vae_get_config) get_config = vae_get_config;
    static constexpr decltype(&vae_copy) copy = vae_copy;
    static constexpr decltype(&vae_dimension) dimension = vae_dimension;
    static constexpr decltype(&vae_start) start = vae_start;
    static constexpr decltype(&vae_step) step = vae_step;
    static constexpr decltype(&vae_fit) fit = vae_fit;
    static constexpr decltype(&vae_report) report = vae_report;
    static constexpr decltype(&vae_get_params) get_params = vae_get_params;
    static constexpr decltype(&vae_save) save = vae_save;
    static constexpr decltype(&vae_load) load = vae_load;
    static constexpr decltype(&vae_free) end = vae_free;
    static constexpr decltype(&vae_code_size) code_size = vae_code_size;
    static constexpr decltype(&vae_params_key) params_key = vae_params_key;
    static constexpr decltype(&vae_set_params) set_params = vae_set_params;
    static constexpr decltype(&vae_checkpoint) checkpoint = vae_checkpoint;
};
} // namespace detail

/** A variational autoencoder. */
class vae : public network<vae, vae_model>
{
  public:
    using network::network;
    /** log_variance may be output(); else as large as mean and of its type. */
    result<> encode(const data &x, output mean, output log_variance,
                    const call &w = call()) const
    {
        if (log_variance.data() && (log_variance.type() != mean.type() ||
                                    log_variance.bytes() < mean.bytes()))
            return detail::refuse(
                "log_variance: of another type than mean, or smaller");
        return detail::plain(w, vae_encode, get(), x, mean.type(), mean.bytes(),
                             mean.data(), log_variance.data());
    }
    result<> encode_sample(const data &x, uint64_t seed, output out,
                           const call &w = call()) const
    {
        return detail::plain(w, vae_encode_sample, get(), x, seed, out.type(),
                             out.bytes(), out.data());
    }
    result<> decode(const data &z, int32_t what, uint64_t seed, output out,
                    const call &w = call()) const
    {
        return detail::plain(w, vae_decode, get(), z, what, seed, out.type(),
                             out.bytes(), out.data());
    }
    result<> reconstruct(const data &x, int32_t what, uint64_t seed, output out,
                         const call &w = call()) const
    {
        return detail::plain(w, vae_reconstruct, get(), x, what, seed,
                             out.type(), out.bytes(), out.data());
    }
    /** labels may be empty. */
    result<> sample(uint64_t seed, uint64_t first, size_t n, int32_t what,
                    span<const int32_t> labels, output out,
                    const call &w = call()) const
    {
        if (labels.size() && labels.size() < n)
            return detail::refuse("labels: fewer than rows");
        return detail::plain(w, vae_sample, get(), seed, first, n, what,
                             labels.data(), out.type(), out.bytes(),
                             out.data());
    }
    result<> interpolate(const data &from, const data &to, size_t steps,
                         int32_t path, output out, const call &w = call()) const
    {
        return detail::plain(w, vae_interpolate, get(), from, to, steps, path,
                             out.type(), out.bytes(), out.data());
    }
    result<> impute(const data &x, int32_t what, uint64_t seed, size_t draws,
                    output out, const call &w = call()) const
    {
        return detail::plain(w, vae_impute, get(), x, what, seed, draws,
                             out.type(), out.bytes(), out.data());
    }
    /** reconstruction and kl may be empty. */
    result<> elbo(const data &x, uint64_t seed, size_t draws, span<double> elbo,
                  span<double> reconstruction, span<double> kl,
                  const call &w = call()) const
    {
        if ((reconstruction.size() && reconstruction.size() < elbo.size()) ||
            (kl.size() && kl.size() < elbo.size()))
            return detail::refuse("reconstruction and kl: smaller than elbo");
        return detail::plain(w, vae_elbo, get(), x, seed, draws, elbo.bytes(),
                             elbo.data(), reconstruction.data(), kl.data());
    }
    result<> log_weights(const data &x, uint64_t seed, size_t first,
                         size_t draws, span<double> out,
                         const call &w = call()) const
    {
        return detail::plain(w, vae_log_weights, get(), x, seed, first, draws,
                             out.bytes(), out.data());
    }
    /** error may be empty. */
    result<> log_likelihood(const data &x, uint64_t seed, size_t draws,
                            span<double> out, span<double> error,
                            const call &w = call()) const
    {
        if (error.size() && error.size() < out.size())
            return detail::refuse("error: smaller than out");
        return detail::plain(w, vae_log_likelihood, get(), x, seed, draws,
                             out.bytes(), out.data(), error.data());
    }
    result<> anomaly(const data &x, span<double> out,
                     const call &w = call()) const
    {
        return detail::plain(w, vae_anomaly, get(), x, out.bytes(), out.data());
    }
    result<> anomaly_columns(const data &x, span<double> out,
                             const call &w = call()) const
    {
        return detail::plain(w, vae_anomaly_columns, get(), x, out.bytes(),
                             out.data());
    }
    result<double> threshold(const data &x, double share,
                             const call &w = call()) const
    {
        return detail::valued<double>(w, vae_threshold, get(), x, share);
    }
};

} // namespace throwing, returning
} // namespace genmod

#endif
