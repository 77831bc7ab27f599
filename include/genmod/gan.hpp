/** @file gan.hpp
 * The models of gan.h. What a method does, takes and refuses stands at the C
 * function that it is named after.
 */
#ifndef GENMOD_GAN_HPP
#define GENMOD_GAN_HPP

#include "gan.h"
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
template <> struct calls<gan_model> {
    static constexpr decltype(&gan_config_new) config_new = gan_config_new;
    static constexpr decltype(&gan_new) make = gan_new;
    static constexpr decltype(&gan_configure) configure = gan_configure;
    static constexpr decltype(&gan_get_config) get_config = gan_get_config;
    static constexpr decltype(&gan_copy) copy = gan_copy;
    static constexpr decltype(&gan_dimension) dimension = gan_dimension;
    static constexpr decltype(&gan_start) start = gan_start;
    static constexpr decltype(&gan_step) step = gan_step;
    static constexpr decltype(&gan_fit) fit = gan_fit;
    static constexpr decltype(&gan_report) report = gan_report;
    static constexpr decltype(&gan_get_params) get_params = gan_get_params;
    static constexpr decltype(&gan_save) save = gan_save;
    static constexpr decltype(&gan_load) load = gan_load;
    static constexpr decltype(&gan_free) end = gan_free;
    static constexpr decltype(&gan_code_size) code_size = gan_code_size;
    static constexpr decltype(&gan_params_key) params_key = gan_params_key;
    static constexpr decltype(&gan_set_params) set_params = gan_set_params;
    static constexpr decltype(&gan_checkpoint) checkpoint = gan_checkpoint;
};
} // namespace detail

/** A pair of adversarial networks. */
class gan : public network<gan, gan_model>
{
  public:
    using network::network;
    /** labels may be empty. */
    result<> sample(uint64_t seed, uint64_t first, size_t n,
                    span<const int32_t> labels, output out,
                    const call &w = call()) const
    {
        if (labels.size() && labels.size() < n)
            return detail::refuse("labels: fewer than rows");
        return detail::plain(w, gan_sample, get(), seed, first, n,
                             labels.data(), out.type(), out.bytes(),
                             out.data());
    }
    result<> sample_codes(uint64_t seed, uint64_t first, size_t n, output out,
                          const call &w = call()) const
    {
        return detail::plain(w, gan_sample_codes, get(), seed, first, n,
                             out.type(), out.bytes(), out.data());
    }
    result<> generate(const data &z, output out, const call &w = call()) const
    {
        return detail::plain(w, gan_generate, get(), z, out.type(), out.bytes(),
                             out.data());
    }
    result<> interpolate(const data &from, const data &to, size_t steps,
                         int32_t path, output out, const call &w = call()) const
    {
        return detail::plain(w, gan_interpolate, get(), from, to, steps, path,
                             out.type(), out.bytes(), out.data());
    }
    result<> discriminate(const data &x, span<double> out,
                          const call &w = call()) const
    {
        return detail::plain(w, gan_discriminate, get(), x, out.bytes(),
                             out.data());
    }
    /** Places GAN_PROBE_ARRIVED to GAN_PROBE_GAP_ERROR; train may be nullptr.
     */
    result<std::vector<double>> probe(const data &x, const data *train,
                                      uint64_t seed, size_t rows, size_t steps,
                                      const call &w = call()) const
    {
        return detail::sized<std::vector<double>>(w, gan_probe, get(), x, train,
                                                  seed, rows, steps);
    }
};

} // namespace throwing, returning
} // namespace genmod

#endif
