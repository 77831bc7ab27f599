// An autoencoder in C++ without exceptions: each call returns what it came to,
// and the compiler wants it looked at.
#define GENMOD_NO_EXCEPTIONS
#include <genmod/genmod.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

// Ends the program unless a call went well.
static void need(const genmod::status &s)
{
    if (!s.ok()) {
        std::fprintf(stderr, "%s\n", s.what());
        std::exit(1);
    }
}

// The value of a call that has to go well.
template <class T> static T value(genmod::result<T> r)
{
    need(r);
    return std::move(*r);
}

static void expect(bool truth, const char *what)
{
    if (!truth) {
        std::fprintf(stderr, "%s\n", what);
        std::exit(1);
    }
}

// Rows near a bent surface: two hidden numbers, eight columns.
static std::vector<float> make_rows(size_t n)
{
    std::vector<float> x;
    for (size_t i = 0; i < n; i++) {
        const double s = double(i * 37 % 601) / 300 - 1;
        const double t = double(i * 101 % 599) / 300 - 1;
        for (int j = 0; j < 8; j++)
            x.push_back(float(10 * j + std::sin(1 + j) * s +
                              std::cos(2 * j) * t + 0.3 * s * t));
    }
    return x;
}

static genmod::ae fit(const genmod::data &train, const genmod::data &kept,
                      genmod::workspace &w)
{
    genmod::config options = value(genmod::ae::options(w));
    need(options.set(AE_ENCODER, "dense 32; tanh; dense 2", w));
    need(options.set(AE_BATCH_SIZE, 50, w));
    need(options.set(AE_EPOCHS, 100, w));
    need(options.set(AE_LEARNING_RATE, 0.005, w));
    genmod::ae m = value(genmod::ae::make(options, w));
    // Enough once the held-out loss is below 0.5.
    need(m.fit(
        train, &kept,
        [](const genmod::report &r) {
            return *r.number(AE_REPORT_VALIDATION_LOSS) < 0.5;
        },
        w));
    return m;
}

int main()
{
    genmod::workspace w = value(genmod::workspace::make());
    const std::vector<float> rows = make_rows(600);
    genmod::data train = value(genmod::data::make(w));
    genmod::data kept = value(genmod::data::make(w));
    need(train.set_rows(genmod::span<const float>(rows.data(), 500 * 8), 8, w));
    need(kept.set_rows(genmod::span<const float>(&rows[500 * 8], 100 * 8), 8,
                       w));
    const genmod::ae m = fit(train, kept, w);

    std::vector<float> code(100 * m.code_size()), back(100 * 8);
    std::vector<double> strange(100);
    need(m.encode(kept, code, w));
    need(m.reconstruct(kept, back, w));
    need(m.anomaly(kept, strange, w));
    expect(std::fabs(back[11] - rows[500 * 8 + 11]) < 2, "column 3 of row 1");

    // What fails says so and hands out nothing.
    std::vector<double> few(99);
    const genmod::result<> r = m.anomaly(kept, few, w);
    expect(r.code() == GENMOD_TOO_SMALL, "99 numbers do not hold 100");
    std::puts(r.what());
    return 0;
}
