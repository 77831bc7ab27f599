/** @file measure.hpp
 * The measures of measure.h. What a function does, takes and refuses stands at
 * the C function that it is named after.
 */
#ifndef GENMOD_MEASURE_HPP
#define GENMOD_MEASURE_HPP

#include "data.hpp"
#include "measure.h"

namespace genmod
{
#ifdef GENMOD_NO_EXCEPTIONS
inline namespace returning
#else
inline namespace throwing
#endif
{

/** A number and how far it may be off. */
struct estimate {
    double value; /**< `out` of the C function */
    double error; /**< its `error` or `standard_error` */
};
/** Of sample_mmd(). */
struct discrepancy {
    double value;   /**< `out` */
    double p_value; /**< `p_value` */
    double width;   /**< `used`: of the kernel */
};
/** Of sample_frechet(). */
struct corrected {
    double value; /**< `out` */
    double raw;   /**< `raw`: before the correction */
    double error; /**< `standard_error` of value */
};
/** Of sample_nearest(). */
struct test {
    double value;    /**< `out` */
    double error;    /**< `standard_error` of value */
    double expected; /**< `expected` of equal distributions */
    double p_value;  /**< `p_value` */
};
/** Of sample_prdc(): precision, recall, density, coverage. */
struct coverage {
    double value[4];    /**< `out` */
    double error[4];    /**< `standard_error` */
    double expected[4]; /**< `expected` of equal distributions */
};
/** Of sample_copies(): shares of copies, of held-out copies, of equal rows. */
struct copies {
    double value[3]; /**< `out` */
    double error[3]; /**< `standard_error` */
    double p_value;  /**< `p_value`: small says that rows are remembered */
};
/** Of sample_modes(): modes reached, share of quality, divergence. */
struct modes {
    double value[3];            /**< `out` */
    double error[3];            /**< `standard_error` */
    double expected[3];         /**< `expected` of the mixture itself */
    std::vector<int64_t> count; /**< [k] rows of quality of each mode */
};

/** A Gaussian of d columns, borrowed: mean [d], covariance [d, d]. */
struct gaussian {
    span<const double> mean;       /**< [d] */
    span<const double> covariance; /**< [d, d] */
};

/** Limits of d columns; NULL for none. */
struct box {
    size_t d;            /**< columns, 1 or 2 */
    const double *lower; /**< [d], or NULL */
    const double *upper; /**< [d], or NULL */
};

/** ln p of points [n, d] to out [n]: 0, or < 0 to end the call. What it throws
 * comes out of the call. */
typedef std::function<int32_t(size_t n, size_t d, const double *x, double *out)>
    log_density;

namespace detail
{
class field : public carrier
{
  public:
    explicit field(const log_density &p) noexcept : given(p)
    {
    }
    carrier *user() noexcept
    {
        return this;
    }
    static int32_t at(size_t n, size_t d, const double *x, double *out,
                      void *user) noexcept
    {
        field &f = *static_cast<field *>(static_cast<carrier *>(user));
        return f.guard([&] { return f.given(n, d, x, out); });
    }

  private:
    const log_density &given;
};

template <class F>
result<double> two_tables(const call &w, F f, span<const double> p,
                          span<const double> q, int32_t unit)
{
    if (p.size() != q.size())
        return wrong<double>("q: not as many outcomes as p");
    return valued<double>(w, f, p.size(), p.data(), q.data(), unit);
}

/** Do mean and covariance belong together? */
inline bool whole(const gaussian &g, size_t d)
{
    return d && g.mean.size() == d && g.covariance.size() / d == d &&
           g.covariance.size() % d == 0;
}

template <class F, class... A>
result<double> two_gaussians(const call &w, F f, const gaussian &p,
                             const gaussian &q, A... rest)
{
    const size_t d = p.mean.size();
    if (!whole(p, d) || !whole(q, d))
        return wrong<double>("p and q: not means [d] and covariances [d, d]");
    return valued<double>(w, f, d, p.mean.data(), p.covariance.data(),
                          q.mean.data(), q.covariance.data(), rest...);
}

template <class F>
result<estimate> two_fields(const call &w, F f, const box &b,
                            const log_density &p, const log_density &q,
                            double tolerance, int32_t unit)
{
    field fp(p), fq(q);
    estimate e = estimate();
    const int32_t code =
        invoke(w, f, b.d, b.lower, b.upper, field::at, fp.user(), field::at,
               fq.user(), tolerance, unit, &e.value, &e.error);
    return give(code, w.text(), e);
}
} // namespace detail

inline result<double> discrete_entropy(span<const double> p, int32_t unit,
                                       const call &w = call())
{
    return detail::valued<double>(w, genmod_discrete_entropy, p.size(),
                                  p.data(), unit);
}
inline result<double> discrete_cross_entropy(span<const double> p,
                                             span<const double> q, int32_t unit,
                                             const call &w = call())
{
    return detail::two_tables(w, genmod_discrete_cross_entropy, p, q, unit);
}
inline result<double> discrete_kl(span<const double> p, span<const double> q,
                                  int32_t unit, const call &w = call())
{
    return detail::two_tables(w, genmod_discrete_kl, p, q, unit);
}
inline result<double> discrete_js(span<const double> p, span<const double> q,
                                  int32_t unit, const call &w = call())
{
    return detail::two_tables(w, genmod_discrete_js, p, q, unit);
}
inline result<double> discrete_js_distance(span<const double> p,
                                           span<const double> q, int32_t unit,
                                           const call &w = call())
{
    return detail::two_tables(w, genmod_discrete_js_distance, p, q, unit);
}
/** Of the covariance [d, d]. */
inline result<double> gaussian_entropy(size_t d, span<const double> cov,
                                       int32_t unit, const call &w = call())
{
    if (!d || cov.size() / d < d)
        return detail::wrong<double>("cov: fewer than d * d");
    return detail::valued<double>(w, genmod_gaussian_entropy, d, cov.data(),
                                  unit);
}
inline result<double> gaussian_cross_entropy(const gaussian &p,
                                             const gaussian &q, int32_t unit,
                                             const call &w = call())
{
    return detail::two_gaussians(w, genmod_gaussian_cross_entropy, p, q, unit);
}
inline result<double> gaussian_kl(const gaussian &p, const gaussian &q,
                                  int32_t unit, const call &w = call())
{
    return detail::two_gaussians(w, genmod_gaussian_kl, p, q, unit);
}
inline result<double> gaussian_renyi(const gaussian &p, const gaussian &q,
                                     double order, int32_t unit,
                                     const call &w = call())
{
    return detail::two_gaussians(w, genmod_gaussian_renyi, p, q, order, unit);
}
inline result<double> gaussian_bhattacharyya(const gaussian &p,
                                             const gaussian &q, int32_t unit,
                                             const call &w = call())
{
    return detail::two_gaussians(w, genmod_gaussian_bhattacharyya, p, q, unit);
}
inline result<double> gaussian_hellinger(const gaussian &p, const gaussian &q,
                                         const call &w = call())
{
    return detail::two_gaussians(w, genmod_gaussian_hellinger, p, q);
}
inline result<double> gaussian_frechet(const gaussian &p, const gaussian &q,
                                       const call &w = call())
{
    return detail::two_gaussians(w, genmod_gaussian_frechet, p, q);
}
inline result<estimate> density_entropy(const box &limits, const log_density &p,
                                        double tolerance, int32_t unit,
                                        const call &w = call())
{
    detail::field f(p);
    estimate e = estimate();
    const int32_t code = detail::invoke(
        w, genmod_density_entropy, limits.d, limits.lower, limits.upper,
        detail::field::at, f.user(), tolerance, unit, &e.value, &e.error);
    return detail::give(code, w.text(), e);
}
inline result<estimate> density_cross_entropy(const box &limits,
                                              const log_density &p,
                                              const log_density &q,
                                              double tolerance, int32_t unit,
                                              const call &w = call())
{
    return detail::two_fields(w, genmod_density_cross_entropy, limits, p, q,
                              tolerance, unit);
}
inline result<estimate> density_kl(const box &limits, const log_density &p,
                                   const log_density &q, double tolerance,
                                   int32_t unit, const call &w = call())
{
    return detail::two_fields(w, genmod_density_kl, limits, p, q, tolerance,
                              unit);
}
inline result<estimate> density_js(const box &limits, const log_density &p,
                                   const log_density &q, double tolerance,
                                   int32_t unit, const call &w = call())
{
    return detail::two_fields(w, genmod_density_js, limits, p, q, tolerance,
                              unit);
}
inline result<double> sample_entropy(const data &x, size_t k, int32_t unit,
                                     const call &w = call())
{
    return detail::valued<double>(w, genmod_sample_entropy, x, k, unit);
}
inline result<double> sample_kl(const data &x, const data &y, size_t k,
                                int32_t unit, const call &w = call())
{
    return detail::valued<double>(w, genmod_sample_kl, x, y, k, unit);
}
inline result<discrepancy> sample_mmd(const data &x, const data &y,
                                      double width, size_t permutations,
                                      uint64_t seed, const call &w = call())
{
    discrepancy e = discrepancy();
    const int32_t code =
        detail::invoke(w, genmod_sample_mmd, x, y, width, permutations, seed,
                       &e.value, &e.p_value, &e.width);
    return detail::give(code, w.text(), e);
}
inline result<estimate> sample_sliced_wasserstein(const data &x, const data &y,
                                                  size_t directions,
                                                  uint64_t seed,
                                                  const call &w = call())
{
    estimate e = estimate();
    const int32_t code =
        detail::invoke(w, genmod_sample_sliced_wasserstein, x, y, directions,
                       seed, &e.value, &e.error);
    return detail::give(code, w.text(), e);
}
inline result<corrected> sample_frechet(const data &x, const data &y,
                                        const call &w = call())
{
    corrected e = corrected();
    const int32_t code = detail::invoke(w, genmod_sample_frechet, x, y,
                                        &e.value, &e.raw, &e.error);
    return detail::give(code, w.text(), e);
}
inline result<estimate> sample_kid(const data &x, const data &y,
                                   const call &w = call())
{
    estimate e = estimate();
    const int32_t code =
        detail::invoke(w, genmod_sample_kid, x, y, &e.value, &e.error);
    return detail::give(code, w.text(), e);
}
/** Precision, recall, density, coverage. */
inline result<coverage> sample_prdc(const data &x, const data &y, size_t k,
                                    const call &w = call())
{
    coverage e = coverage();
    const int32_t code =
        detail::invoke(w, genmod_sample_prdc, x, y, k, &e.value[0], &e.error[0],
                       &e.expected[0]);
    return detail::give(code, w.text(), e);
}
/** Shares of copies, of held-out copies, of equal rows. */
inline result<copies> sample_copies(const data &train, const data &held,
                                    const data &y, const call &w = call())
{
    copies e = copies();
    const int32_t code = detail::invoke(w, genmod_sample_copies, train, held, y,
                                        &e.value[0], &e.error[0], &e.p_value);
    return detail::give(code, w.text(), e);
}
inline result<test> sample_nearest(const data &x, const data &y,
                                   const call &w = call())
{
    test e = test();
    const int32_t code =
        detail::invoke(w, genmod_sample_nearest, x, y, &e.value, &e.error,
                       &e.expected, &e.p_value);
    return detail::give(code, w.text(), e);
}
/** Means and deviations [k, d], of which d is checked unless y is a tensor's
 * view; share may be empty: 1 / k each. */
inline result<modes> sample_modes(const data &y, size_t k,
                                  span<const double> mean,
                                  span<const double> deviation,
                                  span<const double> share, double radius,
                                  const call &w = call())
{
    modes e = modes();
    const size_t d = y.columns();
    if (mean.size() != deviation.size() ||
        (d && (mean.size() % d || mean.size() / d != k)) ||
        (share.size() && share.size() != k))
        return detail::wrong<modes>(
            "mean, deviation and share: not of k modes");
    e.count.resize(k);
    const int32_t code =
        detail::invoke(w, genmod_sample_modes, y, k, mean.data(),
                       deviation.data(), share.data(), radius, e.count.data(),
                       &e.value[0], &e.error[0], &e.expected[0]);
    return detail::give(code, w.text(), std::move(e));
}

} // namespace throwing, returning
} // namespace genmod

#endif
