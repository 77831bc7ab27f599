// The tour of doc/ffi/README.md in C++11, on the plain C header.
#include <genmod/genmod.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{

template <typename T, void (*release)(T *)> struct Release {
    void operator()(T *p) const
    {
        release(p);
    }
};
template <typename T, void (*release)(T *)>
using Owned = std::unique_ptr<T, Release<T, release>>;
using Workspace = Owned<genmod_workspace, genmod_workspace_free>;
using Config = Owned<genmod_config, genmod_config_free>;
using Data = Owned<genmod_data, genmod_data_free>;
using Gmm = Owned<gmm_model, gmm_free>;
using Vae = Owned<vae_model, vae_free>;

struct Error : std::runtime_error {
    Error(int32_t code, genmod_workspace *w)
        : std::runtime_error(std::string(genmod_status_name(code)) + ": " +
                             genmod_workspace_error(w)),
          status(code)
    {
    }
    int32_t status;
};

void need(int32_t status, genmod_workspace *w)
{
    if (status != GENMOD_OK)
        throw Error(status, w);
}

// A handle by its _new function, whatever its arguments.
template <typename O, typename F, typename... A>
O make(genmod_workspace *w, F create, A... arguments)
{
    typename O::pointer made = nullptr;
    need(create(arguments..., &made, w), w);
    return O(made);
}

template <typename M, typename F>
std::vector<char> save(M *model, F write, genmod_workspace *w)
{
    size_t n = 0;
    (void)!write(model, 0, nullptr, &n, w); // too small: tells the size
    std::vector<char> file(n);
    need(write(model, n, file.data(), nullptr, w), w);
    return file;
}

double epochs(const genmod_report *report)
{
    double value = 0;
    need(genmod_report_get(report, VAE_REPORT_EPOCHS, &value), nullptr);
    return value;
}

// Called by C: no exception may leave it, so one waits at `user`.
struct Watch {
    int calls;
    std::exception_ptr thrown;
};

extern "C" int32_t watch(const genmod_report *report, void *user)
{
    Watch &self = *static_cast<Watch *>(user);
    try {
        ++self.calls;
        return epochs(report) >= 2;
    } catch (...) {
        self.thrown = std::current_exception();
        return -1;
    }
}

void print_rows(const char *family, const double (&rows)[8])
{
    std::printf("%s ", family);
    const unsigned char *bytes = reinterpret_cast<const unsigned char *>(rows);
    for (size_t i = 0; i < sizeof rows; i++)
        std::printf("%02x", bytes[i]);
    std::printf("\n");
}

void tour_gmm(const genmod_config *options, const genmod_data *rows,
              genmod_workspace *w)
{
    double drawn[8];
    const Gmm model = make<Gmm>(w, gmm_new, options);
    need(gmm_fit(model.get(), rows, nullptr, nullptr, w), w);
    const std::vector<char> file = save(model.get(), gmm_save, w);
    const Gmm loaded = make<Gmm>(w, gmm_new, nullptr);
    need(gmm_load(loaded.get(), file.size(), file.data(), w), w);
    need(gmm_sample(loaded.get(), 7, 0, 4, GENMOD_F64, sizeof drawn, drawn,
                    nullptr, w),
         w);
    print_rows("gmm", drawn);
}

void tour_vae(const genmod_config *options, const genmod_data *rows,
              genmod_workspace *w)
{
    double drawn[8];
    Watch seen = {0, nullptr};
    const Vae model = make<Vae>(w, vae_new, options);
    const int32_t status = vae_fit(model.get(), rows, nullptr, watch, &seen, w);
    if (seen.thrown)
        std::rethrow_exception(seen.thrown);
    need(status, w);
    std::printf("vae stopped after %.0f passes, %d calls\n",
                epochs(vae_report(model.get())), seen.calls);
    const std::vector<char> file = save(model.get(), vae_save, w);
    const Vae loaded = make<Vae>(w, vae_new, nullptr);
    need(vae_load(loaded.get(), file.size(), file.data(), w), w);
    need(vae_sample(loaded.get(), 7, 0, 4, GENMOD_DRAW, nullptr, GENMOD_F64,
                    sizeof drawn, drawn, w),
         w);
    print_rows("vae", drawn);
}

void tour()
{
    const size_t n = 200;
    std::vector<double> x;
    for (size_t i = 0; i < n; i++) {
        x.push_back(static_cast<double>(37 * i % 101) / 16 + (i % 2 ? 8 : 0));
        x.push_back(static_cast<double>(53 * i % 97) / 16 + (i % 2 ? 4 : 0));
    }
    genmod_workspace *made = nullptr;
    need(genmod_workspace_new(nullptr, &made), nullptr);
    const Workspace own(made);
    genmod_workspace *const w = own.get();
    std::printf("version %d\n", static_cast<int>(genmod_version()));
    const Data rows = make<Data>(w, genmod_data_new);
    need(genmod_data_set_rows(rows.get(), GENMOD_F64, n, 2, x.data(), 0, 0, w),
         w);

    const Config mixture = make<Config>(w, gmm_config_new);
    try {
        need(genmod_config_set_i64(mixture.get(), "componets", 2, w), w);
    } catch (const Error &error) {
        std::printf("error %s\n", error.what());
    }
    need(genmod_config_set_i64(mixture.get(), GMM_COMPONENTS, 2, w), w);
    tour_gmm(mixture.get(), rows.get(), w);

    const Config autoencoder = make<Config>(w, vae_config_new);
    genmod_config *const c = autoencoder.get();
    need(genmod_config_set_str(c, VAE_ENCODER, "dense 8; tanh", w), w);
    need(genmod_config_set_i64(c, VAE_CODE, 1, w), w);
    need(genmod_config_set_i64(c, VAE_BATCH_SIZE, 50, w), w);
    tour_vae(c, rows.get(), w);
}

} // namespace

int main()
{
    try {
        tour();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
