## The tour of doc/ffi/README.md in Nim.
import std/[strformat, strutils]

const
  library = "libgenmod.so.1"
  count = 200
  f64 = 2'i32
  draw = 1'i32

type
  Handle = pointer
  Progress = proc (report, user: Handle): int32 {.cdecl.}
  Save = proc (m: Handle, cap: csize_t, dst: pointer, need: ptr csize_t,
               w: Handle): int32 {.cdecl.}

{.push cdecl, dynlib: library, importc.}
proc genmod_version(): int32
proc genmod_status_name(status: int32): cstring
proc genmod_workspace_new(c: Handle, w: ptr Handle): int32
proc genmod_workspace_error(w: Handle): cstring
proc genmod_workspace_free(w: Handle)
proc genmod_config_set_str(c: Handle, key, v: cstring, w: Handle): int32
proc genmod_config_free(c: Handle)
proc genmod_data_new(x: ptr Handle, w: Handle): int32
proc genmod_data_set_rows(x: Handle, kind: int32, n, d: csize_t, rows: pointer,
                          rowStride, colStride: int64, w: Handle): int32
proc genmod_data_free(x: Handle)
proc genmod_report_get(r: Handle, key: cstring, v: ptr cdouble): int32
proc gmm_config_new(c: ptr Handle, w: Handle): int32
proc gmm_new(c: Handle, m: ptr Handle, w: Handle): int32
proc gmm_fit(m, x: Handle, f: Progress, user: pointer, w: Handle): int32
proc gmm_save(m: Handle, cap: csize_t, dst: pointer, need: ptr csize_t,
              w: Handle): int32
proc gmm_load(m: Handle, n: csize_t, bytes: pointer, w: Handle): int32
proc gmm_sample(m: Handle, seed, first: uint64, n: csize_t, kind: int32,
                bytes: csize_t, dst, component: pointer, w: Handle): int32
proc gmm_free(m: Handle)
proc vae_config_new(c: ptr Handle, w: Handle): int32
proc vae_new(c: Handle, m: ptr Handle, w: Handle): int32
proc vae_fit(m, x, validation: Handle, f: Progress, user: pointer,
             w: Handle): int32
proc vae_report(m: Handle): Handle
proc vae_save(m: Handle, cap: csize_t, dst: pointer, need: ptr csize_t,
              w: Handle): int32
proc vae_load(m: Handle, n: csize_t, bytes: pointer, w: Handle): int32
proc vae_sample(m: Handle, seed, first: uint64, n: csize_t, what: int32,
                labels: pointer, kind: int32, bytes: csize_t, dst: pointer,
                w: Handle): int32
proc vae_free(m: Handle)
{.pop.}

type GenmodError = object of CatchableError
  status: int32

var w: Handle

proc need(status: int32) =
  if status != 0:
    let text = &"{genmod_status_name(status)}: {genmod_workspace_error(w)}"
    raise (ref GenmodError)(status: status, msg: text)

proc set(config: Handle, options: openArray[(string, string)]) =
  for (key, value) in options:
    need genmod_config_set_str(config, key.cstring, value.cstring, w)

proc save(model: Handle, write: Save): string =
  var n: csize_t
  discard write(model, 0, nil, addr n, w) # too small: tells the size
  result = newString(n)
  need write(model, n, addr result[0], nil, w)

proc epochs(report: Handle): float =
  var v: cdouble
  need genmod_report_get(report, "epochs", addr v)
  v

type Watch = object
  calls: int
  raised: ref CatchableError

proc watch(report, user: Handle): int32 {.cdecl.} =
  ## Ends the fit after two passes. No exception may cross C, so it waits.
  let self = cast[ptr Watch](user)
  try:
    inc self.calls
    int32(epochs(report) >= 2)
  except CatchableError as e:
    self.raised = e
    -1

proc printRows(family: string, rows: array[8, float]) =
  var line = family & " "
  for b in cast[array[64, byte]](rows):
    line.add toHex(b).toLowerAscii
  echo line

proc tourGmm(options, rows: Handle) =
  var
    model, loaded: Handle
    drawn: array[8, float]
  defer:
    gmm_free(loaded)
    gmm_free(model)
  need gmm_new(options, addr model, w)
  need gmm_fit(model, rows, nil, nil, w)
  var file = save(model, gmm_save)
  need gmm_new(nil, addr loaded, w)
  need gmm_load(loaded, file.len.csize_t, addr file[0], w)
  need gmm_sample(loaded, 7, 0, 4, f64, sizeof(drawn).csize_t, addr drawn, nil,
                  w)
  printRows "gmm", drawn

proc tourVae(options, rows: Handle) =
  var
    model, loaded: Handle
    drawn: array[8, float]
    seen: Watch
  defer:
    vae_free(loaded)
    vae_free(model)
  need vae_new(options, addr model, w)
  let status = vae_fit(model, rows, nil, watch, addr seen, w)
  if seen.raised != nil:
    raise seen.raised
  need status
  let passes = int(epochs(vae_report(model)))
  echo &"vae stopped after {passes} passes, {seen.calls} calls"
  var file = save(model, vae_save)
  need vae_new(nil, addr loaded, w)
  need vae_load(loaded, file.len.csize_t, addr file[0], w)
  need vae_sample(loaded, 7, 0, 4, draw, nil, f64, sizeof(drawn).csize_t,
                  addr drawn, w)
  printRows "vae", drawn

proc main() =
  var
    x: array[count, array[2, float]] # borrowed by the view, and so outlives it
    rows, mixture, autoencoder: Handle
  for i in 0 ..< count:
    x[i] = [float(37 * i mod 101) / 16 + float(8 * (i mod 2)),
            float(53 * i mod 97) / 16 + float(4 * (i mod 2))]
  defer:
    genmod_data_free(rows)
    genmod_config_free(autoencoder)
    genmod_config_free(mixture)
    genmod_workspace_free(w)
  need genmod_workspace_new(nil, addr w)
  echo &"version {genmod_version()}"
  need genmod_data_new(addr rows, w)
  need genmod_data_set_rows(rows, f64, count, 2, addr x, 0, 0, w)
  need gmm_config_new(addr mixture, w)
  try:
    mixture.set {"componets": "2"}
  except GenmodError as e:
    echo "error ", e.msg
  mixture.set {"components": "2"}
  tourGmm mixture, rows
  need vae_config_new(addr autoencoder, w)
  autoencoder.set {"encoder": "dense 8; tanh", "code": "1", "batch_size": "50"}
  tourVae autoencoder, rows

main()
