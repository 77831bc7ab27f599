//! The tour of doc/ffi/README.md in Rust: a handful of declarations, and no crate.
use std::ffi::{c_char, c_void, CStr, CString};
use std::fmt;
use std::ptr::{null, null_mut};

const F64: i32 = 2;
const DRAW: i32 = 1;
const N: usize = 200;

type Handle = *mut c_void;
type Progress = extern "C" fn(report: Handle, user: *mut c_void) -> i32;

#[rustfmt::skip]
#[link(name = "genmod")]
extern "C" {
    fn genmod_version() -> i32;
    fn genmod_status_name(status: i32) -> *const c_char;
    fn genmod_workspace_new(c: Handle, out: *mut Handle) -> i32;
    fn genmod_workspace_error(w: Handle) -> *const c_char;
    fn genmod_workspace_free(w: Handle);
    fn genmod_config_set_i64(c: Handle, key: *const c_char, v: i64, w: Handle) -> i32;
    fn genmod_config_set_str(c: Handle, key: *const c_char, v: *const c_char, w: Handle) -> i32;
    fn genmod_config_free(c: Handle);
    fn genmod_data_new(out: *mut Handle, w: Handle) -> i32;
    fn genmod_data_set_rows(x: Handle, kind: i32, n: usize, d: usize, rows: *const c_void,
                            row_stride: i64, col_stride: i64, w: Handle) -> i32;
    fn genmod_data_free(x: Handle);
    fn genmod_report_get(r: Handle, key: *const c_char, v: *mut f64) -> i32;
    fn gmm_config_new(out: *mut Handle, w: Handle) -> i32;
    fn gmm_new(c: Handle, out: *mut Handle, w: Handle) -> i32;
    fn gmm_fit(m: Handle, x: Handle, f: Option<Progress>, user: *mut c_void, w: Handle) -> i32;
    fn gmm_save(m: Handle, cap: usize, out: *mut u8, need: *mut usize, w: Handle) -> i32;
    fn gmm_load(m: Handle, n: usize, bytes: *const u8, w: Handle) -> i32;
    fn gmm_sample(m: Handle, seed: u64, first: u64, n: usize, kind: i32, bytes: usize,
                  out: *mut f64, component: *mut i32, w: Handle) -> i32;
    fn gmm_free(m: Handle);
    fn vae_config_new(out: *mut Handle, w: Handle) -> i32;
    fn vae_new(c: Handle, out: *mut Handle, w: Handle) -> i32;
    fn vae_fit(m: Handle, x: Handle, validation: Handle, f: Option<Progress>,
               user: *mut c_void, w: Handle) -> i32;
    fn vae_report(m: Handle) -> Handle;
    fn vae_save(m: Handle, cap: usize, out: *mut u8, need: *mut usize, w: Handle) -> i32;
    fn vae_load(m: Handle, n: usize, bytes: *const u8, w: Handle) -> i32;
    fn vae_sample(m: Handle, seed: u64, first: u64, n: usize, what: i32, labels: *const i32,
                  kind: i32, bytes: usize, out: *mut f64, w: Handle) -> i32;
    fn vae_free(m: Handle);
}

struct Error {
    status: i32,
    text: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let name = unsafe { CStr::from_ptr(genmod_status_name(self.status)) };
        write!(f, "{}: {}", name.to_string_lossy(), self.text)
    }
}

/// A handle with the function that frees it.
struct Owned(Handle, unsafe extern "C" fn(Handle));

impl Drop for Owned {
    fn drop(&mut self) {
        unsafe { (self.1)(self.0) }
    }
}

/// The last argument of every call, and the text of its errors.
struct Workspace(Owned);

impl Workspace {
    fn new() -> Workspace {
        let mut w = null_mut();
        let status = unsafe { genmod_workspace_new(null_mut(), &mut w) };
        assert_eq!(status, 0, "no workspace");
        Workspace(Owned(w, genmod_workspace_free))
    }

    fn call(&self, f: impl FnOnce(Handle) -> i32) -> Result<(), Error> {
        match f(self.0 .0) {
            0 => Ok(()),
            status => {
                let text = unsafe { CStr::from_ptr(genmod_workspace_error(self.0 .0)) };
                Err(Error { status, text: text.to_string_lossy().into_owned() })
            }
        }
    }

    fn make(
        &self,
        new: impl FnOnce(*mut Handle, Handle) -> i32,
        free: unsafe extern "C" fn(Handle),
    ) -> Result<Owned, Error> {
        let mut made = null_mut();
        self.call(|w| new(&mut made, w))?;
        Ok(Owned(made, free))
    }

    fn set_i64(&self, c: &Owned, key: &str, v: i64) -> Result<(), Error> {
        let key = CString::new(key).unwrap();
        self.call(|w| unsafe { genmod_config_set_i64(c.0, key.as_ptr(), v, w) })
    }

    fn set_str(&self, c: &Owned, key: &str, v: &str) -> Result<(), Error> {
        let (key, v) = (CString::new(key).unwrap(), CString::new(v).unwrap());
        self.call(|w| unsafe { genmod_config_set_str(c.0, key.as_ptr(), v.as_ptr(), w) })
    }

    fn save(
        &self,
        m: &Owned,
        write: unsafe extern "C" fn(Handle, usize, *mut u8, *mut usize, Handle) -> i32,
    ) -> Result<Vec<u8>, Error> {
        let mut n = 0;
        // Too small, and so tells the size.
        let _ = self.call(|w| unsafe { write(m.0, 0, null_mut(), &mut n, w) });
        let mut file = vec![0; n];
        self.call(|w| unsafe { write(m.0, n, file.as_mut_ptr(), null_mut(), w) })?;
        Ok(file)
    }
}

fn epochs(report: Handle) -> Option<f64> {
    let mut v = 0.0;
    let key = b"epochs\0".as_ptr().cast();
    (unsafe { genmod_report_get(report, key, &mut v) } == 0).then_some(v)
}

/// Calls the closure behind `user`. A panic must not unwind into C.
extern "C" fn trampoline<F: FnMut(Handle) -> i32>(report: Handle, user: *mut c_void) -> i32 {
    let f = std::panic::AssertUnwindSafe(|| unsafe { (*user.cast::<F>())(report) });
    std::panic::catch_unwind(f).unwrap_or(-1)
}

fn vae_fit_with<F: FnMut(Handle) -> i32>(
    w: &Workspace,
    m: &Owned,
    rows: &Owned,
    mut watch: F,
) -> Result<(), Error> {
    let user = (&mut watch as *mut F).cast();
    w.call(|w| unsafe { vae_fit(m.0, rows.0, null_mut(), Some(trampoline::<F>), user, w) })
}

fn print_rows(family: &str, rows: &[f64; 8]) {
    let bytes = rows.iter().flat_map(|v| v.to_ne_bytes());
    println!("{} {}", family, bytes.map(|b| format!("{b:02x}")).collect::<String>());
}

fn tour_gmm(w: &Workspace, options: &Owned, rows: &Owned) -> Result<(), Error> {
    let mut drawn = [0.0; 8];
    let bytes = std::mem::size_of_val(&drawn);
    let m = w.make(|out, w| unsafe { gmm_new(options.0, out, w) }, gmm_free)?;
    w.call(|w| unsafe { gmm_fit(m.0, rows.0, None, null_mut(), w) })?;
    let file = w.save(&m, gmm_save)?;
    let loaded = w.make(|out, w| unsafe { gmm_new(null_mut(), out, w) }, gmm_free)?;
    w.call(|w| unsafe { gmm_load(loaded.0, file.len(), file.as_ptr(), w) })?;
    w.call(|w| unsafe {
        gmm_sample(loaded.0, 7, 0, 4, F64, bytes, drawn.as_mut_ptr(), null_mut(), w)
    })?;
    print_rows("gmm", &drawn);
    Ok(())
}

fn tour_vae(w: &Workspace, options: &Owned, rows: &Owned) -> Result<(), Error> {
    let (mut drawn, mut calls) = ([0.0; 8], 0);
    let bytes = std::mem::size_of_val(&drawn);
    let m = w.make(|out, w| unsafe { vae_new(options.0, out, w) }, vae_free)?;
    vae_fit_with(w, &m, rows, |report| {
        calls += 1;
        epochs(report).map_or(-1, |n| (n >= 2.0) as i32)
    })?;
    let passes = epochs(unsafe { vae_report(m.0) }).unwrap_or(f64::NAN);
    println!("vae stopped after {passes} passes, {calls} calls");
    let file = w.save(&m, vae_save)?;
    let loaded = w.make(|out, w| unsafe { vae_new(null_mut(), out, w) }, vae_free)?;
    w.call(|w| unsafe { vae_load(loaded.0, file.len(), file.as_ptr(), w) })?;
    w.call(|w| unsafe {
        vae_sample(loaded.0, 7, 0, 4, DRAW, null(), F64, bytes, drawn.as_mut_ptr(), w)
    })?;
    print_rows("vae", &drawn);
    Ok(())
}

fn tour() -> Result<(), Error> {
    let w = Workspace::new();
    println!("version {}", unsafe { genmod_version() });
    let x: Vec<f64> = (0..N)
        .flat_map(|i| [(37 * i % 101, 8 * (i % 2)), (53 * i % 97, 4 * (i % 2))])
        .map(|(part, shift)| part as f64 / 16.0 + shift as f64)
        .collect();
    let rows = w.make(|out, w| unsafe { genmod_data_new(out, w) }, genmod_data_free)?;
    w.call(|w| unsafe {
        genmod_data_set_rows(rows.0, F64, N, 2, x.as_ptr().cast(), 0, 0, w)
    })?;

    let mixture = w.make(|out, w| unsafe { gmm_config_new(out, w) }, genmod_config_free)?;
    if let Err(error) = w.set_i64(&mixture, "componets", 2) {
        println!("error {error}");
    }
    w.set_i64(&mixture, "components", 2)?;
    tour_gmm(&w, &mixture, &rows)?;

    let autoencoder = w.make(|out, w| unsafe { vae_config_new(out, w) }, genmod_config_free)?;
    w.set_str(&autoencoder, "encoder", "dense 8; tanh")?;
    w.set_i64(&autoencoder, "code", 1)?;
    w.set_i64(&autoencoder, "batch_size", 50)?;
    tour_vae(&w, &autoencoder, &rows)
}

fn main() {
    if let Err(error) = tour() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
