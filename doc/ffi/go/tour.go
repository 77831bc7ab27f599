// The tour of doc/ffi/README.md in Go, by cgo.
package main

/*
#cgo pkg-config: genmod
#include <genmod/genmod.h>
#include <stdlib.h>

extern int32_t goProgress(genmod_report *report, void *user);

// A cgo.Handle is a number, not an address: it becomes void * on this side.
static int32_t fit_watched(vae_model *m, const genmod_data *x, uintptr_t user,
                           genmod_workspace *w)
{
    return vae_fit(m, x, NULL, (genmod_progress)goProgress, (void *)user, w);
}
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"runtime/cgo"
	"unsafe"
)

// Error is a status of the library with its text.
type Error struct {
	Status int32
	Text   string
}

func (e *Error) Error() string {
	return C.GoString(C.genmod_status_name(C.int32_t(e.Status))) + ": " + e.Text
}

// need reads the text from the workspace, so a goroutine may change its thread.
func need(status C.int32_t, w *C.genmod_workspace) error {
	if status == C.GENMOD_OK {
		return nil
	}
	return &Error{int32(status), C.GoString(C.genmod_workspace_error(w))}
}

func setInt(c *C.genmod_config, key string, v int64, w *C.genmod_workspace) error {
	k := C.CString(key)
	defer C.free(unsafe.Pointer(k))
	return need(C.genmod_config_set_i64(c, k, C.int64_t(v), w), w)
}

func setText(c *C.genmod_config, key, v string, w *C.genmod_workspace) error {
	k, t := C.CString(key), C.CString(v)
	defer C.free(unsafe.Pointer(k))
	defer C.free(unsafe.Pointer(t))
	return need(C.genmod_config_set_str(c, k, t, w), w)
}

func epochs(r *C.genmod_report) (float64, error) {
	key := C.CString("epochs")
	defer C.free(unsafe.Pointer(key))
	var v C.double
	err := need(C.genmod_report_get(r, key, &v), nil)
	return float64(v), err
}

// goProgress is what C calls: it finds the closure by its handle.
//
//export goProgress
func goProgress(report *C.genmod_report, user unsafe.Pointer) C.int32_t {
	watch := cgo.Handle(uintptr(user)).Value().(func(*C.genmod_report) int32)
	return C.int32_t(watch(report))
}

func fitVae(m *C.vae_model, rows *C.genmod_data,
	watch func(*C.genmod_report) int32, w *C.genmod_workspace) error {
	h := cgo.NewHandle(watch)
	defer h.Delete()
	return need(C.fit_watched(m, rows, C.uintptr_t(h), w), w)
}

func printRows(family string, rows []float64) {
	bytes := make([]byte, 8*len(rows))
	for i, v := range rows {
		binary.LittleEndian.PutUint64(bytes[8*i:], math.Float64bits(v))
	}
	fmt.Printf("%s %x\n", family, bytes)
}

func tourGmm(options *C.genmod_config, rows *C.genmod_data, w *C.genmod_workspace) error {
	var model, loaded *C.gmm_model
	var n C.size_t
	drawn := make([]float64, 8)
	defer func() { C.gmm_free(model); C.gmm_free(loaded) }()
	if err := need(C.gmm_new(options, &model, w), w); err != nil {
		return err
	}
	if err := need(C.gmm_fit(model, rows, nil, nil, w), w); err != nil {
		return err
	}
	C.gmm_save(model, 0, nil, &n, w) // too small: tells the size
	file := make([]byte, n)
	if err := need(C.gmm_save(model, n, unsafe.Pointer(&file[0]), nil, w), w); err != nil {
		return err
	}
	if err := need(C.gmm_new(nil, &loaded, w), w); err != nil {
		return err
	}
	if err := need(C.gmm_load(loaded, n, unsafe.Pointer(&file[0]), w), w); err != nil {
		return err
	}
	if err := need(C.gmm_sample(loaded, 7, 0, 4, C.GENMOD_F64, C.size_t(8*len(drawn)),
		unsafe.Pointer(&drawn[0]), nil, w), w); err != nil {
		return err
	}
	printRows("gmm", drawn)
	return nil
}

func tourVae(options *C.genmod_config, rows *C.genmod_data, w *C.genmod_workspace) error {
	var model, loaded *C.vae_model
	var n C.size_t
	calls, drawn := 0, make([]float64, 8)
	defer func() { C.vae_free(model); C.vae_free(loaded) }()
	if err := need(C.vae_new(options, &model, w), w); err != nil {
		return err
	}
	err := fitVae(model, rows, func(report *C.genmod_report) int32 {
		calls++
		passes, err := epochs(report)
		if err != nil {
			return -1
		}
		if passes >= 2 {
			return 1
		}
		return 0
	}, w)
	if err != nil {
		return err
	}
	passes, err := epochs(C.vae_report(model))
	if err != nil {
		return err
	}
	fmt.Printf("vae stopped after %v passes, %d calls\n", passes, calls)
	C.vae_save(model, 0, nil, &n, w)
	file := make([]byte, n)
	if err := need(C.vae_save(model, n, unsafe.Pointer(&file[0]), nil, w), w); err != nil {
		return err
	}
	if err := need(C.vae_new(nil, &loaded, w), w); err != nil {
		return err
	}
	if err := need(C.vae_load(loaded, n, unsafe.Pointer(&file[0]), w), w); err != nil {
		return err
	}
	if err := need(C.vae_sample(loaded, 7, 0, 4, C.GENMOD_DRAW, nil, C.GENMOD_F64,
		C.size_t(8*len(drawn)), unsafe.Pointer(&drawn[0]), w), w); err != nil {
		return err
	}
	printRows("vae", drawn)
	return nil
}

// newRows views n rows in C's memory: a view outlives the call that makes it, and
// C may not keep what Go's collector moves or frees.
func newRows(n int, w *C.genmod_workspace) (*C.genmod_data, unsafe.Pointer, error) {
	memory := C.malloc(C.size_t(16 * n))
	x := unsafe.Slice((*float64)(memory), 2*n)
	for i := 0; i < n; i++ {
		x[2*i] = float64(37*i%101)/16 + float64(8*(i%2))
		x[2*i+1] = float64(53*i%97)/16 + float64(4*(i%2))
	}
	var rows *C.genmod_data
	if err := need(C.genmod_data_new(&rows, w), w); err != nil {
		return nil, memory, err
	}
	return rows, memory, need(C.genmod_data_set_rows(rows, C.GENMOD_F64, C.size_t(n), 2,
		memory, 0, 0, w), w)
}

func newConfigs(w *C.genmod_workspace) (mixture, autoencoder *C.genmod_config, err error) {
	if err = need(C.gmm_config_new(&mixture, w), w); err != nil {
		return
	}
	if mistake := setInt(mixture, "componets", 2, w); mistake != nil {
		fmt.Println("error", mistake)
	}
	if err = setInt(mixture, "components", 2, w); err != nil {
		return
	}
	if err = need(C.vae_config_new(&autoencoder, w), w); err != nil {
		return
	}
	if err = setText(autoencoder, "encoder", "dense 8; tanh", w); err != nil {
		return
	}
	if err = setInt(autoencoder, "code", 1, w); err != nil {
		return
	}
	err = setInt(autoencoder, "batch_size", 50, w)
	return
}

func tour() error {
	var w *C.genmod_workspace
	if err := need(C.genmod_workspace_new(nil, &w), nil); err != nil {
		return err
	}
	defer C.genmod_workspace_free(w)
	fmt.Println("version", C.genmod_version())
	rows, memory, err := newRows(200, w)
	defer C.free(memory)
	defer func() { C.genmod_data_free(rows) }()
	if err != nil {
		return err
	}
	mixture, autoencoder, err := newConfigs(w)
	defer func() { C.genmod_config_free(mixture); C.genmod_config_free(autoencoder) }()
	if err != nil {
		return err
	}
	if err := tourGmm(mixture, rows, w); err != nil {
		return err
	}
	return tourVae(autoencoder, rows, w)
}

func main() {
	if err := tour(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
