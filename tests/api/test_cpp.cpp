/* The C++ headers: each method does what the C function of its name does, and
 * what fails is thrown. */
#include "cpp.h"

#include <array>
#include <numeric>
#include <stdexcept>
#if __cplusplus >= 202002L
#include <span>
#endif

using namespace genmod;
typedef std::vector<double> doubles;

static_assert(!std::is_copy_constructible<gmm>::value &&
                  !std::is_copy_assignable<config>::value &&
                  std::is_nothrow_move_constructible<vae>::value &&
                  std::is_nothrow_move_assignable<workspace>::value,
              "handles move and are not copied");
static_assert(std::is_same<decltype(std::declval<const gan &>().get()),
                           const gan_model *>::value,
              "a const model gives a const pointer");

static_assert(std::is_convertible<doubles &, span<double>>::value &&
                  !std::is_convertible<const doubles &, span<double>>::value,
              "a span keeps const");

/* What f throws, as its code; 0 for nothing. */
template <class F> static int32_t thrown(F f)
{
    try {
        f();
    } catch (const genmod::error &e) {
        CHECK(*e.what() != '\0');
        return e.code();
    }
    return GENMOD_OK;
}

static data rows(const doubles &x, size_t d)
{
    data v = data::make();
    v.set_rows(x, d);
    return v;
}

static gmm fitted(const data &x)
{
    config c = gmm::options();
    c.set(GMM_COMPONENTS, 2);
    gmm m = gmm::make(c);
    m.fit(x);
    return m;
}

static void errors_carry_code_and_text()
{
    workspace w = workspace::make();
    config c = gmm::options(w);
    try {
        c.set("componets", 2);
        CHECK(false);
    } catch (const std::exception &e) {
        CHECK(std::string(e.what()).find("components") != std::string::npos);
    }
    CHECK(thrown([&] { c.set(GMM_COMPONENTS, 0, w); }) == GENMOD_BAD_ARGUMENT);
    CHECK(*w.error() != '\0');
    CHECK(thrown([&] { gmm::make(c, w).save(w); }) == GENMOD_NOT_FITTED);
    context x = context::make();
    CHECK(thrown([&] { x.set_threads(0); }) == GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] { x.set_kernels("z80"); }) == GENMOD_BAD_ARGUMENT);
    CHECK(version() == GENMOD_VERSION && *status_name(GENMOD_LIMIT));
}

static int32_t in_turn(size_t n, genmod_task task, void *arg, void *count)
{
    int32_t status = 0;
    ++*static_cast<int *>(count);
    for (size_t i = 0; i < n && !status; i++)
        status = task(i, arg);
    return status;
}

static void contexts_and_workspaces_may_go_in_any_order()
{
    int count = 0;
    const doubles x = clouds(3000);
    context c = context::make();
    c.set_threads(2);
    c.set_kernels(nullptr);
    c.set_parallel_for(3, in_turn, &count);
    c.set_memory_limit(64 << 20);
    CHECK(std::string(c.kernels()) == context().kernels());
    workspace w = workspace::make(c);
    CHECK(thrown([&] { c.set_threads(2); }) == GENMOD_BUSY);
    {
        const context gone = std::move(c);
    }
    CHECK(!c);
    const data v = rows(x, 2);
    gmm m = gmm::make(w);
    m.fit(v, w);
    CHECK(count > 0);
    w.cancel();
    CHECK(thrown([&] { m.fit(v, w); }) == GENMOD_CANCELLED);
    w = workspace::make();
    gmm_free(m.release());
    CHECK(!m);
}

static void configs_and_reports_speak()
{
    config c = gmm::options();
    c.set(GMM_COMPONENTS, 3u);
    c.set(GMM_RIDGE, 0.25);
    c.set(GMM_COVARIANCE, "tied");
    c.set(GMM_TOLERANCE, std::string("0.5"));
    CHECK(c.get_i64(GMM_COMPONENTS) == 3 && c.get_f64(GMM_RIDGE) == 0.25);
    CHECK(c.get_str(GMM_COVARIANCE) == "tied" && c.get_f64("tolerance") == 0.5);
    CHECK(c.describe(GMM_COMPONENTS, "type") == "i64");
    CHECK(c.describe(GMM_COMPONENTS, "choices").empty());
    CHECK(c.key(0) && !c.key(1000));
    const doubles x = clouds(40);
    gmm m = gmm::make(c);
    m.fit(rows(x, 2));
    const report r = m.report();
    CHECK(r.number(GMM_REPORT_ROWS) == 40 && r.get() && r.key(0));
    CHECK(r.series(GMM_REPORT_HISTORY).size() ==
          size_t(r.number(GMM_REPORT_ITERATIONS)));
    CHECK(r.describe(GMM_REPORT_ROWS, "type") == "number");
    CHECK(thrown([&] { r.number("roes"); }) == GENMOD_BAD_ARGUMENT);
    config d = gmm::options();
    m.get_config(d);
    CHECK(d.get_i64(GMM_COMPONENTS) == 3);
    d.set(GMM_TOLERANCE, 0.125);
    m.configure(d);
}

static void spans_take_what_lies_in_a_row()
{
    const double a[] = {1, 2, 3, 4};
    const std::array<float, 4> b = {{1, 2, 3, 4}};
    const std::vector<uint8_t> c = {1, 2, 3, 4};
    const doubles e(a, a + 4);
    data x = data::make();
    x.set_rows(a, 2);
    x.set_rows(b, 2);
    x.set_rows(c, 2);
    x.set_rows(span<const double>(a, 4), 2);
    x.set_rows(e, 2, 2, 1, 2);
#if __cplusplus >= 202002L
    x.set_rows(std::span<const double>(a), 2);
#endif
    CHECK(thrown([&] { x.set_rows(e, 3, 2, 1, 2); }) == GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] { x.set_rows(e, 2, 3, 0, 0); }) == GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] { x.set_rows(e, 0); }) == GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] { x.set_rows(span<const double>(a, 3), 2); }) ==
          GENMOD_BAD_ARGUMENT);
    const span<const double> s = e;
    CHECK(s.size() == 4 && s.bytes() == 32 && s[3] == 4 &&
          std::accumulate(s.begin(), s.end(), 0.0) == 10);
}

static void views_say_what_rows_are()
{
    const doubles x = {1, NAN, 3, 1, 5, 0}, noise = {0.5, 0.5};
    const int32_t kinds[] = {GENMOD_REAL, GENMOD_CATEGORICAL};
    const int32_t levels[] = {0, 2}, labels[] = {0, 1, -1};
    const double weights[] = {1, 2, 3};
    data v = rows(x, 2);
    const data n = rows(noise, 2);
    v.set_schema(kinds, levels);
    v.set_schema({}, {});
    v.set_missing(true);
    v.set_weights(weights);
    v.set_labels(labels);
    CHECK(thrown([&] { v.set_noise(&n); }) == GENMOD_BAD_ARGUMENT);
    v.set_noise(nullptr);
    v.set_scale(2, 1);
    CHECK(thrown([&] { v.set_dlpack(nullptr); }) == GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] { v.set_scale(0, 1); }) == GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] { v.set_schema(kinds, labels); }) == GENMOD_BAD_ARGUMENT);
}

static void what_callbacks_throw_comes_out()
{
    const doubles x = clouds(600);
    int calls = 0;
    data v = data::make();
    v.set_source(GENMOD_F64, 600, 2, [&](const request &r) {
        for (size_t i = 0; i < r.rows.size() * 2; i++)
            r.as<double>()[i] = x[size_t(r.rows[i / 2]) * 2 + i % 2];
        if (++calls == 3)
            throw std::out_of_range("the third read");
        return 0;
    });
    gmm m = gmm::make();
    data moved = std::move(v);
    for (int round = 0; round < 2; round++)
        try {
            m.fit(moved);
            CHECK(round == 1);
        } catch (const std::out_of_range &e) {
            CHECK(round == 0 && std::string(e.what()) == "the third read");
        }
    try {
        m.fit(moved, [](const report &) -> int32_t { throw 2385; });
        CHECK(false);
    } catch (int i) {
        CHECK(i == 2385);
    }
    const auto no = [](const report &) { return -1; };
    CHECK(thrown([&] { m.fit(moved, no); }) == GENMOD_CALLBACK);
    int seen = 0;
    m.fit(moved, [&](const report &r) {
        return r.number(GMM_REPORT_ITERATIONS) >= 1 && ++seen;
    });
    CHECK(seen == 1);
}

static void a_mixture_does_what_gmm_does()
{
    const doubles x = clouds(200);
    const data v = rows(x, 2);
    const gmm m = fitted(v);
    CHECK(m.components() == 2 && m.dimension() == 2);
    doubles a(200), b(200), r(400);
    m.log_density(v, a);
    CHECK(gmm_log_density(m.get(), v.get(), 1600, b.data(), nullptr) == 0);
    CHECK(a == b);
    a.resize(199);
    CHECK(thrown([&] { m.log_density(v, a); }) == GENMOD_TOO_SMALL);
    std::vector<int32_t> parts(200), from(5);
    m.predict(v, parts);
    m.responsibilities(v, r);
    CHECK(parts[0] != parts[1] && r[size_t(parts[0])] > 0.9);
    std::vector<float> f(10), g(10);
    m.sample(3, 5, 5, f, from);
    m.sample(3, 5, 5, g);
    CHECK(f == g && from[0] >= 0 && from[0] < 2);
    CHECK(m.aic(v) < m.bic(v) && m.log_likelihood(v) < 0);

    gmm again = gmm::make();
    again.load(m.save());
    CHECK(again.get_params(GMM_MEANS) == m.get_params(GMM_MEANS));
    again.start_responsibilities(v, r);
    again.step(v);
    again.start(v);
    again.set_params(m.get_params(GMM_WEIGHTS), m.get_params(GMM_MEANS),
                     m.get_params(GMM_COVARIANCES));
    CHECK(again.log_likelihood(v) == m.log_likelihood(v));
    CHECK(thrown([&] { again.set_params(doubles{1}, {}, {}); }) ==
          GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] {
              again.set_params(doubles{1, 1}, doubles{1}, {});
          }) == GENMOD_BAD_ARGUMENT);
    gmm copy = gmm::make();
    again.copy(copy);
    CHECK(copy.save() == again.save());
}

static void mixtures_learn_in_other_ways()
{
    const doubles x = clouds(200);
    const data v = rows(x, 2);
    gmm m = fitted(v), other = gmm::make();
    m.copy(other);
    statistics s = m.statistics(), t = m.statistics();
    s.add(v);
    t.load(s.save());
    t.decay(0.5);
    s.merge(t);
    m.maximise(s);
    CHECK(thrown([&] { m.maximise(s); }) == GENMOD_BAD_ARGUMENT);
    other.partial_fit(v);
    other.choose(v, nullptr, 1, 2, "full", GMM_CHOOSE_BIC);
    CHECK(other.components() == 2);
    config c = gmm::options();
    c.set(GMM_INFERENCE, "variational");
    gmm bayes = gmm::make(c);
    bayes.set_prior(2, doubles{0, 0}, {});
    CHECK(thrown([&] { bayes.set_prior(2, doubles{0}, {}); }) ==
          GENMOD_BAD_ARGUMENT);
}

static void mixtures_have_an_algebra()
{
    const doubles x = clouds(200), at = {0.5}, p = {0.25};
    const data v = rows(x, 2), one = rows(at, 1);
    const gmm m = fitted(v);
    gmm to = gmm::make();
    const int32_t first[] = {0};
    doubles mean(2), cov(4), out(1), wide(400), g;
    CHECK(m.divergence(m, 7, 0, GENMOD_NATS).size() == GMM_DIVERGENCES);
    m.marginal(first, to);
    CHECK(to.dimension() == 1);
    m.condition(first, at, to);
    CHECK(thrown([&] { m.condition(first, x, to); }) == GENMOD_BAD_ARGUMENT);
    m.moments(mean, cov);
    m.moments(mean, {});
    CHECK(cov[1] == cov[2] && cov[0] > 0);
    CHECK(thrown([&] { m.moments(mean, out); }) == GENMOD_BAD_ARGUMENT);
    m.impute(v, wide);
    CHECK(wide == x);
    m.regress(first, one, out, output());
    m.regress(first, one, out, at.size() ? output(mean) : output());
    std::vector<float> narrow(1);
    CHECK(thrown([&] { m.regress(first, one, out, narrow); }) ==
          GENMOD_BAD_ARGUMENT);
    CHECK(m.product(m, to) < 0 && to.components() == 4);
    m.affine(doubles{1, 2}, at, to);
    CHECK(to.dimension() == 1);
    CHECK(thrown([&] { m.affine(at, at, to); }) == GENMOD_BAD_ARGUMENT);
    CHECK(m.merge(1, to) > 0 && to.components() == 1);
    CHECK(m.prune(0, to) == 0);
    m.quantile(0, p, out);
    doubles back(1);
    m.cdf(0, out, back);
    CHECK(std::fabs(back[0] - 0.25) < 1e-12);
    CHECK(thrown([&] { m.cdf(0, x, back); }) == GENMOD_BAD_ARGUMENT);
    m.log_density_gradient(v, wide);
    g = m.get_coordinates();
    CHECK(m.likelihood_gradient(v).size() == g.size());
    doubles each(200 * g.size());
    m.row_gradients(v, each);
    m.prune(0, to);
    to.set_coordinates(2, g);
    CHECK(std::fabs(to.log_likelihood(v) - m.log_likelihood(v)) < 1e-12);
}

/* What autoencoders, variational ones and adversarial networks share. */
template <class M> static M trained(const data &x)
{
    config c = M::options();
    c.set("epochs", 2);
    c.set("batch_size", 50);
    M m = M::make(c);
    M::make();
    m.start(x);
    m.step(x);
    m.fit(x);
    int seen = 0;
    m.fit(x, nullptr, [&](const report &) { return ++seen < 3 ? 0 : 1; });
    CHECK(seen == 3 && m.report().number("steps") > 0);
    CHECK(m.dimension() == 2 && m.code_size() > 0);
    const char *name = m.params_key(0);
    const doubles a = m.get_params(name);
    m.set_params(name, a);
    M again = M::make();
    again.load(m.checkpoint());
    CHECK(again.get_params(name) == a);
    again.load(m.save());
    M copy = M::make();
    m.copy(copy);
    CHECK(copy.get_params(name) == a);
    return m;
}

static void autoencoders_do_what_ae_does()
{
    const doubles x = clouds(100);
    data v = rows(x, 2);
    const ae m = trained<ae>(v);
    const size_t z = m.code_size();
    doubles code(100 * z), a(200), b(200), score(100), cell(200);
    m.encode(v, code);
    m.decode(rows(code, z), a);
    m.reconstruct(v, b);
    CHECK(std::fabs(a[7] - b[7]) < 1e-5);
    m.anomaly(v, score);
    m.anomaly_columns(v, cell);
    CHECK(std::fabs(cell[0] + cell[1] - score[0]) < 1e-6 * (1 + score[0]));
    CHECK(m.threshold(v, 0) >= score[0]);
    ae head = ae::make();
    head.pretrain(v, progress());
    head.adopt(m, v);
    CHECK(thrown([&] { m.values(v, a); }) == GENMOD_UNSUPPORTED);
    config c = ae::options();
    c.set(AE_TARGET, "classes");
    c.set(AE_CLASSES, 2);
    c.set(AE_EPOCHS, 1);
    std::vector<int32_t> labels(100), guess(100);
    for (size_t i = 0; i < 100; i++)
        labels[i] = int32_t(i % 2);
    v.set_labels(labels);
    ae sorter = ae::make(c);
    sorter.fit(v);
    sorter.predict(v, guess);
    sorter.probabilities(v, a);
    CHECK(std::fabs(a[0] + a[1] - 1) < 1e-6);
    CHECK((a[0] >= a[1]) == (guess[0] == 0));
}

static void variational_ones_do_what_vae_does()
{
    const doubles x = clouds(100);
    const data v = rows(x, 2);
    const vae m = trained<vae>(v);
    const size_t z = m.code_size();
    doubles mean(100 * z), spread(100 * z), a(200), b(200), c(100), d(100),
        e(100), path(600), draws(400);
    m.encode(v, mean, spread);
    m.encode(v, mean, output());
    CHECK(thrown([&] { m.encode(v, mean, doubles(1)); }) ==
          GENMOD_BAD_ARGUMENT);
    m.encode_sample(v, 3, spread);
    const data codes = rows(mean, z);
    m.decode(codes, GENMOD_MEAN, 3, a);
    m.reconstruct(v, GENMOD_MEAN, 3, b);
    m.sample(3, 0, 100, GENMOD_DRAW, {}, a);
    m.sample(3, 1, 99, GENMOD_DRAW, {}, b);
    CHECK(a[2] == b[0]);
    const int32_t few[] = {0};
    CHECK(thrown([&] { m.sample(3, 0, 9, GENMOD_DRAW, few, a); }) ==
          GENMOD_BAD_ARGUMENT);
    m.interpolate(v, v, 3, GENMOD_LINEAR, path);
    m.elbo(v, 3, 2, c, d, e);
    CHECK(std::fabs(c[5] + d[5] + e[5]) < 1e-6 * (1 + std::fabs(c[5])));
    CHECK(thrown([&] { m.elbo(v, 3, 2, c, doubles(1), e); }) ==
          GENMOD_BAD_ARGUMENT);
    m.log_weights(v, 3, 0, 2, draws);
    m.log_likelihood(v, 3, 2, c, d);
    CHECK(thrown([&] { m.log_likelihood(v, 3, 2, c, doubles(1)); }) ==
          GENMOD_BAD_ARGUMENT);
    m.anomaly(v, c);
    m.anomaly_columns(v, a);
    CHECK(m.threshold(v, 0) >= c[0]);
    CHECK(thrown([&] { m.impute(v, GENMOD_MEAN, 3, 1, a); }) != GENMOD_OK);
}

static void adversarial_ones_do_what_gan_does()
{
    const doubles x = clouds(100);
    const data v = rows(x, 2);
    const gan m = trained<gan>(v);
    const size_t z = m.code_size();
    doubles code(9 * z), a(18), b(18), y(100), path(9 * 3 * 2);
    m.sample(3, 0, 9, {}, a);
    m.sample_codes(3, 0, 9, code);
    const data codes = rows(code, z);
    m.generate(codes, b);
    CHECK(a == b);
    m.interpolate(codes, codes, 3, GENMOD_SPHERICAL, path);
    m.discriminate(v, y);
    CHECK(m.probe(v, nullptr, 3, 16, 1).size() == GAN_PROBES);
    const int32_t few[] = {0};
    CHECK(thrown([&] { m.sample(3, 0, 9, few, a); }) == GENMOD_BAD_ARGUMENT);
}

static void measures_of_tables_and_gaussians()
{
    const double p[] = {0.25, 0.75}, q[] = {0.5, 0.5}, zero[] = {0},
                 one[] = {1}, two[] = {2};
    double c = 0;
    CHECK(genmod_discrete_kl(2, p, q, GENMOD_BITS, &c, nullptr) == 0);
    CHECK(discrete_kl(p, q, GENMOD_BITS) == c);
    CHECK(discrete_entropy(q, GENMOD_BITS) == 1);
    CHECK(discrete_cross_entropy(p, q, GENMOD_BITS) == 1);
    const double js = discrete_js(p, q, GENMOD_NATS);
    CHECK(discrete_js_distance(p, q, GENMOD_NATS) == std::sqrt(js));
    CHECK(thrown([&] { discrete_kl(p, one, GENMOD_NATS); }) ==
          GENMOD_BAD_ARGUMENT);
    const gaussian a = {zero, one}, b = {one, two}, bad = {one, p};
    CHECK(genmod_gaussian_kl(1, zero, one, one, two, 1, &c, nullptr) == 0);
    CHECK(gaussian_kl(a, b, GENMOD_NATS) == c);
    CHECK(gaussian_cross_entropy(a, b, GENMOD_NATS) >
          gaussian_entropy(1, one, GENMOD_NATS));
    CHECK(gaussian_renyi(a, b, 1, GENMOD_NATS) == c);
    CHECK(gaussian_bhattacharyya(a, b, GENMOD_NATS) > 0);
    CHECK(gaussian_hellinger(a, b) > 0 && gaussian_frechet(a, b) > 1);
    CHECK(thrown([&] { gaussian_kl(a, bad, GENMOD_NATS); }) ==
          GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] { gaussian_entropy(2, one, GENMOD_NATS); }) ==
          GENMOD_BAD_ARGUMENT);
}

static void measures_of_densities()
{
    const double low[] = {0}, high[] = {2};
    const box limits = {1, low, high};
    const auto flat = [](size_t n, size_t, const double *, double *out) {
        std::fill(out, out + n, -std::log(2.0));
        return 0;
    };
    const auto slope = [](size_t n, size_t, const double *x, double *out) {
        for (size_t i = 0; i < n; i++)
            out[i] = std::log(x[i] / 2);
        return 0;
    };
    const double nats = std::log(2.0);
    const estimate h = density_entropy(limits, flat, 1e-9, GENMOD_NATS);
    CHECK(std::fabs(h.value - nats) <= h.error + 1e-12);
    const estimate d = density_kl(limits, slope, flat, 1e-9, GENMOD_NATS);
    CHECK(std::fabs(d.value - (nats - 0.5)) <= d.error + 1e-9);
    CHECK(density_js(limits, slope, flat, 1e-9, GENMOD_NATS).value > 0);
    const estimate c =
        density_cross_entropy(limits, slope, flat, 1e-9, GENMOD_NATS);
    CHECK(std::fabs(c.value - nats) < 1e-9);
    try {
        density_kl(
            limits, slope,
            [](size_t, size_t, const double *, double *) -> int32_t {
                throw std::domain_error("no density");
            },
            1e-9, GENMOD_NATS);
        CHECK(false);
    } catch (const std::domain_error &) {
    }
}

static void measures_of_samples()
{
    const doubles a = clouds(40), b = clouds(90);
    const data x = rows(a, 2), y = rows(b, 2);
    const double mean[] = {0, 0, 8, 4}, deviation[] = {1, 1, 1, 1};
    double c = 0;
    CHECK(genmod_sample_kid(x.get(), y.get(), &c, nullptr, nullptr) == 0);
    CHECK(sample_kid(x, y).value == c);
    CHECK(std::isfinite(sample_entropy(x, 3, GENMOD_NATS)));
    CHECK(std::isfinite(sample_kl(x, y, 3, GENMOD_NATS)));
    CHECK(sample_mmd(x, y, 0, 9, 1).width > 0);
    CHECK(sample_sliced_wasserstein(x, y, 8, 1).value > 0);
    CHECK(sample_frechet(x, y).raw >= 0);
    CHECK(sample_prdc(x, y, 3).value[0] > 0.5);
    CHECK(sample_copies(x, y, x).value[2] == 1);
    CHECK(sample_nearest(x, y).expected > 0);
    const modes m = sample_modes(x, 2, mean, deviation, {}, 3);
    CHECK(m.value[0] == 2 && m.count[0] + m.count[1] > 30);
    CHECK(thrown([&] { sample_modes(x, 2, mean, {}, {}, 3); }) ==
          GENMOD_BAD_ARGUMENT);
    CHECK(thrown([&] { sample_modes(x, 3, mean, deviation, {}, 3); }) ==
          GENMOD_BAD_ARGUMENT);
}

int main()
{
    errors_carry_code_and_text();
    contexts_and_workspaces_may_go_in_any_order();
    configs_and_reports_speak();
    spans_take_what_lies_in_a_row();
    views_say_what_rows_are();
    what_callbacks_throw_comes_out();
    a_mixture_does_what_gmm_does();
    mixtures_learn_in_other_ways();
    mixtures_have_an_algebra();
    autoencoders_do_what_ae_does();
    variational_ones_do_what_vae_does();
    adversarial_ones_do_what_gan_does();
    measures_of_tables_and_gaussians();
    measures_of_densities();
    measures_of_samples();
    return 0;
}
