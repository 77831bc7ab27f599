<?php
// The tour of doc/ffi/README.md in PHP, by its FFI extension.

const N = 200;
const F64 = 2;
const DRAW = 1;

$lib = FFI::cdef('
typedef struct genmod_config genmod_config;
typedef struct genmod_data genmod_data;
typedef struct genmod_report genmod_report;
typedef struct genmod_workspace genmod_workspace;
typedef struct gmm_model gmm_model;
typedef struct vae_model vae_model;
typedef int32_t (*genmod_progress)(const genmod_report *report, void *user);
int32_t genmod_version(void);
const char *genmod_status_name(int32_t status);
int32_t genmod_workspace_new(void *c, genmod_workspace **out);
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
int32_t gmm_load(gmm_model *m, size_t n, const char *bytes, genmod_workspace *w);
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
int32_t vae_load(vae_model *m, size_t n, const char *bytes, genmod_workspace *w);
int32_t vae_sample(const vae_model *m, uint64_t seed, uint64_t first, size_t n,
                   int32_t what, const int32_t *labels, int32_t type,
                   size_t bytes, void *out, genmod_workspace *w);
void vae_free(vae_model *m);
', 'libgenmod.so.1');

class GenmodError extends RuntimeException
{
}

function need(int $status): void
{
    global $lib, $w;
    if ($status !== 0) {
        throw new GenmodError($lib->genmod_status_name($status) . ': '
            . $lib->genmod_workspace_error($w), $status);
    }
}

/** A handle that is freed with the object. */
final class Owned
{
    public FFI\CData $handle;

    public function __construct(string $type, string $create, private string $free,
        ?FFI\CData ...$before)
    {
        global $lib, $w;
        $out = $lib->new("$type *");
        need($lib->$create(...[...$before, FFI::addr($out), $w]));
        $this->handle = $out;
    }

    public function __destruct()
    {
        global $lib;
        if (isset($this->handle)) {
            $lib->{$this->free}($this->handle);
        }
    }
}

function config(string $family, array $options): Owned
{
    global $lib, $w;
    $c = new Owned('genmod_config', "{$family}_config_new", 'genmod_config_free');
    foreach ($options as $key => $value) {
        need($lib->genmod_config_set_str($c->handle, $key, (string)$value, $w));
    }
    return $c;
}

function model(string $family, ?FFI\CData $options): Owned
{
    return new Owned("{$family}_model", "{$family}_new", "{$family}_free", $options);
}

function save(string $family, Owned $model): string
{
    global $lib, $w;
    $n = $lib->new('size_t');
    $write = "{$family}_save";
    $lib->$write($model->handle, 0, null, FFI::addr($n), $w); // tells the size
    $file = $lib->new("char[$n->cdata]");
    need($lib->$write($model->handle, $n->cdata, $file, null, $w));
    return FFI::string($file, $n->cdata);
}

function load(string $family, string $file): Owned
{
    global $lib, $w;
    $model = model($family, null);
    need($lib->{"{$family}_load"}($model->handle, strlen($file), $file, $w));
    return $model;
}

function epochs(FFI\CData $report): float
{
    global $lib;
    $v = $lib->new('double');
    need($lib->genmod_report_get($report, 'epochs', FFI::addr($v)));
    return $v->cdata;
}

/** Trains; nothing may be thrown across C, so it waits in $thrown. */
function fit_vae(Owned $model, Owned $rows, callable $stop): void
{
    global $lib, $w;
    $thrown = null;
    $watch = function ($report, $user) use ($stop, &$thrown): int {
        try {
            return (int)$stop($report);
        } catch (Throwable $thrown) {
            return -1;
        }
    };
    $status = $lib->vae_fit($model->handle, $rows->handle, null, $watch, null, $w);
    if ($thrown) {
        throw $thrown;
    }
    need($status);
}

function tour_gmm(Owned $options, Owned $rows): void
{
    global $lib, $w;
    $model = model('gmm', $options->handle);
    need($lib->gmm_fit($model->handle, $rows->handle, null, null, $w));
    $loaded = load('gmm', save('gmm', $model));
    $drawn = $lib->new('double[4][2]');
    need($lib->gmm_sample($loaded->handle, 7, 0, 4, F64, FFI::sizeof($drawn), $drawn,
        null, $w));
    echo 'gmm ', bin2hex(FFI::string($drawn, FFI::sizeof($drawn))), "\n";
}

function tour_vae(Owned $options, Owned $rows): void
{
    global $lib, $w;
    $model = model('vae', $options->handle);
    $calls = 0;
    fit_vae($model, $rows, function (FFI\CData $report) use (&$calls): bool {
        $calls++;
        return epochs($report) >= 2;
    });
    $passes = epochs($lib->vae_report($model->handle));
    echo "vae stopped after $passes passes, $calls calls\n";
    $loaded = load('vae', save('vae', $model));
    $drawn = $lib->new('double[4][2]');
    need($lib->vae_sample($loaded->handle, 7, 0, 4, DRAW, null, F64,
        FFI::sizeof($drawn), $drawn, $w));
    echo 'vae ', bin2hex(FFI::string($drawn, FFI::sizeof($drawn))), "\n";
}

$w = $lib->new('genmod_workspace *');
need($lib->genmod_workspace_new(null, FFI::addr($w)));
echo 'version ', $lib->genmod_version(), "\n";
$x = $lib->new('double[' . N . '][2]');
for ($i = 0; $i < N; $i++) {
    $x[$i][0] = 37 * $i % 101 / 16 + 8 * ($i % 2);
    $x[$i][1] = 53 * $i % 97 / 16 + 4 * ($i % 2);
}
$rows = new Owned('genmod_data', 'genmod_data_new', 'genmod_data_free');
need($lib->genmod_data_set_rows($rows->handle, F64, N, 2, $x, 0, 0, $w));

try {
    config('gmm', ['componets' => 2]);
} catch (GenmodError $error) {
    echo 'error ', $error->getMessage(), "\n";
}
tour_gmm(config('gmm', ['components' => 2]), $rows);
tour_vae(config('vae',
    ['encoder' => 'dense 8; tanh', 'code' => 1, 'batch_size' => 50]), $rows);
unset($rows);
$lib->genmod_workspace_free($w);
