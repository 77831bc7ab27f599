// A mixture in C++: fit, look, draw, save. Nothing is freed by hand, and what
// fails is thrown with the library's text.
#include <genmod/genmod.hpp>

#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <vector>

// Two clouds of n points each, about (0, 0) and (8, 4).
static std::vector<double> make_rows(size_t n)
{
    std::vector<double> x;
    for (size_t i = 0; i < 2 * n; i++) {
        x.push_back(std::sin(12.9898 * double(i)) + (i % 2 ? 8 : 0));
        x.push_back(std::cos(78.233 * double(i)) + (i % 2 ? 4 : 0));
    }
    return x;
}

static void expect(bool truth, const char *what)
{
    if (!truth)
        throw std::runtime_error(what);
}

static genmod::gmm fit(const genmod::data &x, genmod::workspace &w)
{
    genmod::config options = genmod::gmm::options(w);
    options.set(GMM_COMPONENTS, 2, w);
    options.set(GMM_COVARIANCE, "diagonal", w);
    options.set(GMM_TOLERANCE, 1e-9, w);
    genmod::gmm m = genmod::gmm::make(options, w);

    // Called at every round; what it throws comes out of fit().
    int rounds = 0;
    m.fit(
        x,
        [&](const genmod::report &) {
            rounds++;
            return 0;
        },
        w);
    expect(rounds > 0, "progress is told");
    expect(m.report().number(GMM_REPORT_CONVERGED) == 1, "it converges");
    return m;
}

// A const model: any number of threads may do this, each with a workspace.
static void look(const genmod::gmm &m, const genmod::data &x,
                 genmod::workspace &w)
{
    std::vector<double> density(1000);
    std::vector<int32_t> component(1000);
    m.log_density(x, density, w);
    m.predict(x, component, w);
    expect(component[0] != component[1], "neighbours of different clouds");

    std::vector<float> drawn(3 * m.dimension());
    m.sample(2385, 0, 3, drawn, w);
    for (size_t i = 0; i < 3; i++)
        std::printf("%6.2f %6.2f\n", double(drawn[2 * i]),
                    double(drawn[2 * i + 1]));
}

static void save(const genmod::gmm &m, genmod::workspace &w)
{
    genmod::gmm again = genmod::gmm::make(w);
    again.load(m.save(w), w);
    expect(again.get_params(GMM_MEANS, w) == m.get_params(GMM_MEANS, w),
           "a loaded model is the same");
}

static void make_a_mistake()
{
    genmod::config options = genmod::gmm::options();
    try {
        options.set("componets", 2);
        expect(false, "no such option");
    } catch (const genmod::error &e) {
        expect(e.code() == GENMOD_BAD_ARGUMENT, "the code of base.h");
        std::puts(e.what()); // names the nearest option
    }
}

int main()
{
    try {
        genmod::workspace w = genmod::workspace::make();
        const std::vector<double> rows = make_rows(500);
        genmod::data x = genmod::data::make(w);
        x.set_rows(rows, 2, w); // borrowed
        const genmod::gmm m = fit(x, w);
        look(m, x, w);
        save(m, w);
        make_a_mistake();
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
    return 0;
}
