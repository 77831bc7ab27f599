// One contestant of the race: Armadillo's gmm_full or gmm_diag. Arguments and
// output as race_genmod.c.
#include <armadillo>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

static arma::vec read_file(const std::string &path, std::size_t n)
{
    arma::vec v(n);
    std::FILE *const f = std::fopen(path.c_str(), "rb");
    if (!f || std::fread(v.memptr(), sizeof(double), n, f) != n) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        std::exit(1);
    }
    std::fclose(f);
    return v;
}

struct full {
    typedef arma::gmm_full model;
    static void start(model &m, const arma::mat &means, const arma::vec &cov,
                      const arma::rowvec &weights)
    {
        const arma::cube c(cov.memptr(), means.n_rows, means.n_rows,
                           means.n_cols);
        m.set_params(means, c, weights);
    }
};

struct diagonal {
    typedef arma::gmm_diag model;
    static void start(model &m, const arma::mat &means, const arma::vec &cov,
                      const arma::rowvec &weights)
    {
        m.set_params(means, arma::mat(cov.memptr(), means.n_rows, means.n_cols),
                     weights);
    }
};

template <typename kind>
static double run(const arma::mat &x, const arma::mat &means,
                  const arma::vec &cov, const arma::rowvec &weights,
                  unsigned iterations, double *likelihood)
{
    typename kind::model m;
    kind::start(m, means, cov, weights);
    const auto before = std::chrono::steady_clock::now();
    // the floor on a variance is as good as none
    const bool ok = m.learn(x, means.n_cols, arma::maha_dist,
                            arma::keep_existing, 0, iterations, 1e-30, false);
    const auto after = std::chrono::steady_clock::now();
    if (!ok) {
        std::fprintf(stderr, "learn() failed\n");
        std::exit(1);
    }
    *likelihood = arma::mean(m.log_p(x));
    return std::chrono::duration<double>(after - before).count();
}

int main(int argc, char **argv)
{
    if (argc != 10)
        return 2;
    const std::string folder = argv[1], type = argv[2];
    const std::size_t n = std::strtoul(argv[4], nullptr, 10);
    const std::size_t d = std::strtoul(argv[5], nullptr, 10);
    const std::size_t k = std::strtoul(argv[6], nullptr, 10);
    const unsigned low = unsigned(std::atoi(argv[8]));
    const unsigned high = unsigned(std::atoi(argv[9]));
    const std::size_t n_cov = type == "full" ? k * d * d : k * d;
    // rows of [n, d] are columns of a d x n matrix
    const arma::mat x(read_file(folder + "/x.f64", n * d).memptr(), d, n);
    const arma::mat means(read_file(folder + "/means", k * d).memptr(), d, k);
    const arma::vec cov = read_file(folder + "/cov." + type, n_cov);
    const arma::rowvec weights = read_file(folder + "/weights", k).t();
    double l = 0, seconds[3];
    const unsigned t[3] = {1, low, high}; // the first warms up
    for (int i = 0; i < 3; i++)
        seconds[i] = type == "full"
                         ? run<full>(x, means, cov, weights, t[i], &l)
                         : run<diagonal>(x, means, cov, weights, t[i], &l);
    std::printf("%.9f %.9f %.17g\n", seconds[1], seconds[2], l);
    return 0;
}
