/** @file gmm.hpp
 * The mixtures of gmm.h, gmm_learn.h and gmm_algebra.h. What a method does,
 * takes and refuses stands at the C function that it is named after.
 */
#ifndef GENMOD_GMM_HPP
#define GENMOD_GMM_HPP

#include "gmm.h"
#include "gmm_algebra.h"
#include "gmm_learn.h"
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
template <> struct calls<gmm_model> {
    static constexpr decltype(&gmm_config_new) config_new = gmm_config_new;
    static constexpr decltype(&gmm_new) make = gmm_new;
    static constexpr decltype(&gmm_configure) configure = gmm_configure;
    static constexpr decltype(&gmm_get_config) get_config = gmm_get_config;
    static constexpr decltype(&gmm_copy) copy = gmm_copy;
    static constexpr decltype(&gmm_dimension) dimension = gmm_dimension;
    static constexpr decltype(&gmm_start) start = gmm_start;
    static constexpr decltype(&gmm_step) step = gmm_step;
    static constexpr decltype(&gmm_report) report = gmm_report;
    static constexpr decltype(&gmm_get_params) get_params = gmm_get_params;
    static constexpr decltype(&gmm_save) save = gmm_save;
    static constexpr decltype(&gmm_load) load = gmm_load;
    static constexpr decltype(&gmm_free) end = gmm_free;
};
template <> struct calls<gmm_statistics> {
    static constexpr decltype(&gmm_statistics_free) end = gmm_statistics_free;
};
} // namespace detail

/** The sums of one iteration: gmm::statistics() makes them. */
class statistics : public handle<gmm_statistics>
{
  public:
    using handle::handle;
    result<> add(const data &x, const call &w = call())
    {
        return detail::plain(w, gmm_statistics_add, get(), x);
    }
    result<> merge(const statistics &from, const call &w = call())
    {
        return detail::plain(w, gmm_statistics_merge, get(), from.get());
    }
    result<> decay(double factor, const call &w = call())
    {
        return detail::plain(w, gmm_statistics_decay, get(), factor);
    }
    result<saved> save(const call &w = call()) const
    {
        return detail::sized<saved>(w, gmm_statistics_save, get());
    }
    result<> load(span<const unsigned char> file, const call &w = call())
    {
        return detail::plain(w, gmm_statistics_load, get(), file.size(),
                             file.data());
    }
};

/** A mixture of Gaussians. */
class gmm : public model<gmm, gmm_model>
{
  public:
    using model::model;
    size_t components() const noexcept
    {
        return gmm_components(get());
    }
    /** As gmm_fit() without progress. */
    result<> fit(const data &x, const call &w = call())
    {
        return fit(x, progress(), w);
    }
    result<> fit(const data &x, const progress &p, const call &w = call())
    {
        detail::listener l(p);
        return detail::plain(w, gmm_fit, get(), x, l.entry(), l.user());
    }
    result<> start_responsibilities(const data &x, span<const double> r,
                                    const call &w = call())
    {
        return detail::plain(w, gmm_start_responsibilities, get(), x, r.bytes(),
                             r.data());
    }
    result<> log_density(const data &x, span<double> out,
                         const call &w = call()) const
    {
        return detail::plain(w, gmm_log_density, get(), x, out.bytes(),
                             out.data());
    }
    result<> responsibilities(const data &x, output out,
                              const call &w = call()) const
    {
        return detail::plain(w, gmm_responsibilities, get(), x, out.type(),
                             out.bytes(), out.data());
    }
    result<> predict(const data &x, span<int32_t> out,
                     const call &w = call()) const
    {
        return detail::plain(w, gmm_predict, get(), x, out.bytes(), out.data());
    }
    result<double> log_likelihood(const data &x, const call &w = call()) const
    {
        return detail::valued<double>(w, gmm_log_likelihood, get(), x);
    }
    result<double> aic(const data &x, const call &w = call()) const
    {
        return detail::valued<double>(w, gmm_aic, get(), x);
    }
    result<double> bic(const data &x, const call &w = call()) const
    {
        return detail::valued<double>(w, gmm_bic, get(), x);
    }
    /** The components may be empty. */
    result<> sample(uint64_t seed, uint64_t first, size_t n, output out,
                    span<int32_t> component, const call &w = call()) const
    {
        if (component.size() && component.size() < n)
            return detail::refuse("component: fewer elements than rows");
        return detail::plain(w, gmm_sample, get(), seed, first, n, out.type(),
                             out.bytes(), out.data(), component.data());
    }
    /** As gmm_sample() without components. */
    result<> sample(uint64_t seed, uint64_t first, size_t n, output out,
                    const call &w = call()) const
    {
        return sample(seed, first, n, out, span<int32_t>(), w);
    }
    /** k weights, k × d means. */
    result<> set_params(span<const double> weights, span<const double> means,
                        span<const double> cov, const call &w = call())
    {
        const size_t k = weights.size(), d = k ? means.size() / k : 0;
        if (means.size() != k * d)
            return detail::refuse("means: not as many for each weight");
        return detail::plain(w, gmm_set_params, get(), k, d, weights.data(),
                             means.data(), cov.size(), cov.data());
    }

    /* gmm_learn.h */
    result<genmod::statistics> statistics(const call &w = call()) const
    {
        return detail::made<genmod::statistics, gmm_statistics>(
            w, gmm_statistics_new, get());
    }
    result<> choose(const data &x, const data *held_out, size_t least,
                    size_t most, const char *covariances, int32_t criterion,
                    const call &w = call())
    {
        return detail::plain(w, gmm_choose, get(), x, held_out, least, most,
                             covariances, criterion);
    }
    /** mean or cov may be empty: from the data. */
    result<> set_prior(size_t d, span<const double> mean,
                       span<const double> cov, const call &w = call())
    {
        if (mean.size() && mean.size() != d)
            return detail::refuse("mean: not as many as columns");
        return detail::plain(w, gmm_set_prior, get(), d, mean.data(),
                             cov.size(), cov.data());
    }
    result<> maximise(const genmod::statistics &s, const call &w = call())
    {
        return detail::plain(w, gmm_maximise, get(), s.get());
    }
    result<> partial_fit(const data &x, const call &w = call())
    {
        return detail::plain(w, gmm_partial_fit, get(), x);
    }

    /* gmm_algebra.h */
    /** Places GMM_KL to GMM_CAUCHY_SCHWARZ. */
    result<std::vector<double>> divergence(const gmm &q, uint64_t seed,
                                           size_t n, int32_t unit,
                                           const call &w = call()) const
    {
        return detail::sized<std::vector<double>>(w, gmm_divergence, get(),
                                                  q.get(), seed, n, unit);
    }
    result<> marginal(span<const int32_t> columns, gmm &to,
                      const call &w = call()) const
    {
        return detail::plain(w, gmm_marginal, get(), columns.size(),
                             columns.data(), to.get());
    }
    result<> condition(span<const int32_t> columns, span<const double> values,
                       gmm &to, const call &w = call()) const
    {
        if (values.size() != columns.size())
            return detail::refuse("values: not as many as columns");
        return detail::plain(w, gmm_condition, get(), columns.size(),
                             columns.data(), values.data(), to.get());
    }
    /** The covariance may be empty. */
    result<> moments(span<double> mean, span<double> covariance,
                     const call &w = call()) const
    {
        if (covariance.size() &&
            (!mean.size() || covariance.size() / mean.size() < mean.size()))
            return detail::refuse("covariance: smaller than the mean squared");
        return detail::plain(w, gmm_moments, get(), mean.size(), mean.data(),
                             covariance.data());
    }
    result<> impute(const data &x, output out, const call &w = call()) const
    {
        return detail::plain(w, gmm_impute, get(), x, out.type(), out.bytes(),
                             out.data());
    }
    /** The covariance may be output(); else of the type of the mean. */
    result<> regress(span<const int32_t> columns, const data &x, output mean,
                     output covariance, const call &w = call()) const
    {
        if (covariance.data() && covariance.type() != mean.type())
            return detail::refuse("covariance: of another type than the mean");
        return detail::plain(w, gmm_regress, get(), columns.size(),
                             columns.data(), x, mean.type(), mean.bytes(),
                             mean.data(), covariance.bytes(),
                             covariance.data());
    }
    /** @return ln Z */
    result<double> product(const gmm &q, gmm &to, const call &w = call()) const
    {
        return detail::valued<double>(w, gmm_product, get(), q.get(), to.get());
    }
    /** b may be empty. */
    result<> affine(span<const double> a, span<const double> b, gmm &to,
                    const call &w = call()) const
    {
        const size_t d = dimension(), r = d ? a.size() / d : 0;
        if (a.size() != r * d || (b.size() && b.size() != r))
            return detail::refuse("a and b: not of one number of rows");
        return detail::plain(w, gmm_affine, get(), r, a.data(), b.data(),
                             to.get());
    }
    /** @return what it costs */
    result<double> merge(size_t k, gmm &to, const call &w = call()) const
    {
        return detail::valued<double>(w, gmm_merge, get(), k, to.get());
    }
    /** @return what it costs */
    result<double> prune(double least, gmm &to, const call &w = call()) const
    {
        return detail::valued<double>(w, gmm_prune, get(), least, to.get());
    }
    result<> cdf(int32_t column, span<const double> x, span<double> out,
                 const call &w = call()) const
    {
        if (out.size() < x.size())
            return detail::refuse("out: smaller than x");
        return detail::plain(w, gmm_cdf, get(), column, x.size(), x.data(),
                             out.data());
    }
    result<> quantile(int32_t column, span<const double> p, span<double> out,
                      const call &w = call()) const
    {
        if (out.size() < p.size())
            return detail::refuse("out: smaller than p");
        return detail::plain(w, gmm_quantile, get(), column, p.size(), p.data(),
                             out.data());
    }
    result<> log_density_gradient(const data &x, output out,
                                  const call &w = call()) const
    {
        return detail::plain(w, gmm_log_density_gradient, get(), x, out.type(),
                             out.bytes(), out.data());
    }
    result<std::vector<double>> get_coordinates(const call &w = call()) const
    {
        return detail::sized<std::vector<double>>(w, gmm_get_coordinates,
                                                  get());
    }
    result<> set_coordinates(size_t d, span<const double> theta,
                             const call &w = call())
    {
        return detail::plain(w, gmm_set_coordinates, get(), d, theta.size(),
                             theta.data());
    }
    result<std::vector<double>>
    likelihood_gradient(const data &x, const call &w = call()) const
    {
        return detail::sized<std::vector<double>>(w, gmm_likelihood_gradient,
                                                  get(), x);
    }
    result<> row_gradients(const data &x, span<double> out,
                           const call &w = call()) const
    {
        return detail::plain(w, gmm_row_gradients, get(), x, out.bytes(),
                             out.data());
    }
};

} // namespace throwing, returning
} // namespace genmod

#endif
