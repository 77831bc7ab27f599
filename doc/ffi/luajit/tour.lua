-- The tour of doc/ffi/README.md in LuaJIT, by its ffi library.
local ffi = require "ffi"
local bit = require "bit"

ffi.cdef [[
typedef struct genmod_config genmod_config;
typedef struct genmod_context genmod_context;
typedef struct genmod_data genmod_data;
typedef struct genmod_report genmod_report;
typedef struct genmod_workspace genmod_workspace;
typedef struct gmm_model gmm_model;
typedef struct vae_model vae_model;
typedef int32_t (*genmod_progress)(const genmod_report *report, void *user);
int32_t genmod_version(void);
const char *genmod_status_name(int32_t status);
int32_t genmod_workspace_new(genmod_context *c, genmod_workspace **out);
const char *genmod_workspace_error(const genmod_workspace *w);
void genmod_workspace_free(genmod_workspace *w);
int32_t genmod_config_set_str(genmod_config *c, const char *key, const char *v,
                              genmod_workspace *w);
void genmod_config_free(genmod_config *c);
int32_t genmod_data_new(genmod_data **out, genmod_workspace *w);
int32_t genmod_data_set_rows(genmod_data *x, int32_t type, size_t n, size_t d,
                             const void *rows, int64_t row_stride,
                             int64_t col_stride, genmod_workspace *w);
void genmod_data_free(genmod_data *x);
int32_t genmod_report_get(const genmod_report *r, const char *key, double *v);
int32_t gmm_config_new(genmod_config **out, genmod_workspace *w);
int32_t gmm_new(const genmod_config *c, gmm_model **out, genmod_workspace *w);
int32_t gmm_fit(gmm_model *m, const genmod_data *x, genmod_progress progress,
                void *user, genmod_workspace *w);
int32_t gmm_save(const gmm_model *m, size_t cap, void *out, size_t *need,
                 genmod_workspace *w);
int32_t gmm_load(gmm_model *m, size_t n, const void *bytes, genmod_workspace *w);
int32_t gmm_sample(const gmm_model *m, uint64_t seed, uint64_t first, size_t n,
                   int32_t type, size_t bytes, void *out, int32_t *component,
                   genmod_workspace *w);
void gmm_free(gmm_model *m);
int32_t vae_config_new(genmod_config **out, genmod_workspace *w);
int32_t vae_new(const genmod_config *c, vae_model **out, genmod_workspace *w);
int32_t vae_fit(vae_model *m, const genmod_data *x, const genmod_data *validation,
                genmod_progress progress, void *user, genmod_workspace *w);
const genmod_report *vae_report(const vae_model *m);
int32_t vae_save(const vae_model *m, size_t cap, void *out, size_t *need,
                 genmod_workspace *w);
int32_t vae_load(vae_model *m, size_t n, const void *bytes, genmod_workspace *w);
int32_t vae_sample(const vae_model *m, uint64_t seed, uint64_t first, size_t n,
                   int32_t what, const int32_t *labels, int32_t type,
                   size_t bytes, void *out, genmod_workspace *w);
void vae_free(vae_model *m);
]]
local lib = ffi.load "libgenmod.so.1"
local N, F64, DRAW = 200, 2, 1
local w

-- Raises the library's text.
local function need(status)
    if status ~= 0 then
        error(ffi.string(lib.genmod_status_name(status)) .. ": "
              .. ffi.string(lib.genmod_workspace_error(w)), 0)
    end
end

-- Handles are freed by the collector.
local function config(create, options)
    local out = ffi.new "genmod_config *[1]"
    need(create(out, w))
    local c = ffi.gc(out[0], lib.genmod_config_free)
    for key, value in pairs(options) do
        need(lib.genmod_config_set_str(c, key, tostring(value), w))
    end
    return c
end

local function model(family, options)
    local out = ffi.new(family .. "_model *[1]")
    need(lib[family .. "_new"](options, out, w))
    return ffi.gc(out[0], lib[family .. "_free"])
end

local function save(family, m)
    local n = ffi.new "size_t[1]"
    local write = lib[family .. "_save"]
    write(m, 0, nil, n, w) -- too small: tells the size
    local file = ffi.new("char[?]", n[0])
    need(write(m, n[0], file, nil, w))
    return ffi.string(file, n[0])
end

local function load(family, file)
    local m = model(family, nil)
    need(lib[family .. "_load"](m, #file, file, w))
    return m
end

local function epochs(report)
    local v = ffi.new "double[1]"
    need(lib.genmod_report_get(report, "epochs", v))
    return v[0]
end

-- Trains; f(report) says whether to stop. No error may cross C, so it waits.
local function fit_vae(m, rows, f)
    local failed, why
    local watch = ffi.cast("genmod_progress", function(report)
        local fine, stop = pcall(f, report)
        if not fine then
            failed, why = true, stop
            return -1
        end
        return stop and 1 or 0
    end)
    local status = lib.vae_fit(m, rows, nil, watch, nil, w)
    watch:free() -- there are only some hundreds of them
    if failed then
        error(why, 0)
    end
    need(status)
end
jit.off(fit_vae) -- compiled code must not be called back into

local function print_rows(family, drawn)
    local bytes = ffi.string(drawn, ffi.sizeof(drawn))
    local hex = bytes:gsub(".", function(c)
        return bit.tohex(c:byte(), 2)
    end)
    print(family .. " " .. hex)
end

local function tour_gmm(options, rows)
    local m, drawn = model("gmm", options), ffi.new "double[4][2]"
    need(lib.gmm_fit(m, rows, nil, nil, w))
    local loaded = load("gmm", save("gmm", m))
    need(lib.gmm_sample(loaded, 7, 0, 4, F64, ffi.sizeof(drawn), drawn, nil, w))
    print_rows("gmm", drawn)
end

local function tour_vae(options, rows)
    local m, drawn, calls = model("vae", options), ffi.new "double[4][2]", 0
    fit_vae(m, rows, function(report)
        calls = calls + 1
        return epochs(report) >= 2
    end)
    print(("vae stopped after %d passes, %d calls"):format(
        epochs(lib.vae_report(m)), calls))
    local loaded = load("vae", save("vae", m))
    need(lib.vae_sample(loaded, 7, 0, 4, DRAW, nil, F64, ffi.sizeof(drawn), drawn,
                        w))
    print_rows("vae", drawn)
end

local out = ffi.new "genmod_workspace *[1]"
need(lib.genmod_workspace_new(nil, out))
w = ffi.gc(out[0], lib.genmod_workspace_free)
print("version " .. lib.genmod_version())
local x = ffi.new("double[?][2]", N)
for i = 0, N - 1 do
    x[i][0] = 37 * i % 101 / 16 + 8 * (i % 2)
    x[i][1] = 53 * i % 97 / 16 + 4 * (i % 2)
end
local view = ffi.new "genmod_data *[1]"
need(lib.genmod_data_new(view, w))
local rows = ffi.gc(view[0], lib.genmod_data_free)
need(lib.genmod_data_set_rows(rows, F64, N, 2, x, 0, 0, w))

local fine, why = pcall(config, lib.gmm_config_new, {componets = 2})
print("error " .. why)
tour_gmm(config(lib.gmm_config_new, {components = 2}), rows)
tour_vae(config(lib.vae_config_new, {encoder = "dense 8; tanh", code = 1,
                                     batch_size = 50}), rows)
