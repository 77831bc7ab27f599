(* The tour of doc/ffi/README.md in OCaml, by ctypes. *)
open Ctypes
open Foreign

exception Error of int * string

let rows_count = 200
let f64 = 2
let draw = 1
let handle = ptr void
let progress = funptr (handle @-> handle @-> returning int)
let nothing = from_voidp void null
let lib = Dl.dlopen ~filename:"libgenmod.so.1" ~flags:[ Dl.RTLD_NOW ]
let foreign name = foreign ~from:lib name
let version = foreign "genmod_version" (void @-> returning int)
let status_name = foreign "genmod_status_name" (int @-> returning string)

let workspace_new =
  foreign "genmod_workspace_new" (handle @-> ptr handle @-> returning int)

let workspace_error =
  foreign "genmod_workspace_error" (handle @-> returning string)

let workspace_free = foreign "genmod_workspace_free" (handle @-> returning void)

let config_set_str =
  foreign "genmod_config_set_str"
    (handle @-> string @-> string @-> handle @-> returning int)

let data_set_rows =
  foreign "genmod_data_set_rows"
    (handle @-> int @-> size_t @-> size_t @-> ptr double @-> int64_t @-> int64_t
    @-> handle @-> returning int)

let report_get =
  foreign "genmod_report_get"
    (handle @-> string @-> ptr double @-> returning int)

let gmm_fit =
  foreign "gmm_fit"
    (handle @-> handle @-> handle @-> handle @-> handle @-> returning int)

let gmm_sample =
  foreign "gmm_sample"
    (handle @-> uint64_t @-> uint64_t @-> size_t @-> int @-> size_t
    @-> ptr double @-> handle @-> handle @-> returning int)

let vae_fit =
  foreign "vae_fit"
    (handle @-> handle @-> handle @-> progress @-> handle @-> handle
   @-> returning int)

let vae_report = foreign "vae_report" (handle @-> returning handle)

let vae_sample =
  foreign "vae_sample"
    (handle @-> uint64_t @-> uint64_t @-> size_t @-> int @-> handle @-> int
    @-> size_t @-> ptr double @-> handle @-> returning int)

let w =
  let out = allocate handle nothing in
  if workspace_new nothing out <> 0 then raise Out_of_memory;
  !@out

let need status =
  if status <> 0 then
    raise (Error (status, status_name status ^ ": " ^ workspace_error w))

(* A handle that the collector frees. *)
let made free_name make =
  let out = allocate handle nothing in
  need (make out);
  let free = foreign free_name (handle @-> returning void) in
  let h = !@out in
  Gc.finalise (fun h -> free h) h;
  h

let config family options =
  let make = foreign (family ^ "_config_new") (ptr handle @-> handle @-> returning int) in
  let c = made "genmod_config_free" (fun out -> make out w) in
  List.iter (fun (key, value) -> need (config_set_str c key value w)) options;
  c

let model family options =
  let make =
    foreign (family ^ "_new") (handle @-> ptr handle @-> handle @-> returning int)
  in
  made (family ^ "_free") (fun out -> make options out w)

let save family model =
  let write =
    foreign (family ^ "_save")
      (handle @-> size_t @-> ptr char @-> ptr size_t @-> handle @-> returning int)
  in
  let n = allocate size_t Unsigned.Size_t.zero in
  let none = from_voidp char null in
  ignore (write model Unsigned.Size_t.zero none n w);
  (* too small: told the size *)
  let file = CArray.make char (Unsigned.Size_t.to_int !@n) in
  need (write model !@n (CArray.start file) n w);
  string_from_ptr (CArray.start file) ~length:(CArray.length file)

let load family file =
  let read =
    foreign (family ^ "_load")
      (handle @-> size_t @-> ocaml_string @-> handle @-> returning int)
  in
  let m = model family nothing in
  let n = Unsigned.Size_t.of_int (String.length file) in
  need (read m n (ocaml_string_start file) w);
  m

let epochs report =
  let v = allocate double 0. in
  need (report_get report "epochs" v);
  !@v

(* [stop report] ends the fit. No exception may cross C, so it waits. *)
let fit_vae model rows stop =
  let raised = ref None in
  let watch report _ =
    try if stop report then 1 else 0
    with e ->
      raised := Some e;
      -1
  in
  let status = vae_fit model rows nothing watch nothing w in
  Option.iter raise !raised;
  need status

let print_rows family drawn =
  let bytes = coerce (ptr double) (ptr uint8_t) (CArray.start drawn) in
  Printf.printf "%s " family;
  for i = 0 to 63 do
    Printf.printf "%02x" (Unsigned.UInt8.to_int !@(bytes +@ i))
  done;
  print_newline ()

let size = Unsigned.Size_t.of_int
let seed = Unsigned.UInt64.of_int 7
let first = Unsigned.UInt64.zero

let tour_gmm options rows =
  let m = model "gmm" options in
  need (gmm_fit m rows nothing nothing w);
  let loaded = load "gmm" (save "gmm" m) in
  let drawn = CArray.make double 8 in
  need
    (gmm_sample loaded seed first (size 4) f64 (size 64) (CArray.start drawn)
       nothing w);
  print_rows "gmm" drawn

let tour_vae options rows =
  let m = model "vae" options and calls = ref 0 in
  fit_vae m rows (fun report ->
      incr calls;
      epochs report >= 2.);
  Printf.printf "vae stopped after %.0f passes, %d calls\n"
    (epochs (vae_report m))
    !calls;
  let loaded = load "vae" (save "vae" m) in
  let drawn = CArray.make double 8 in
  need
    (vae_sample loaded seed first (size 4) draw nothing f64 (size 64)
       (CArray.start drawn) w);
  print_rows "vae" drawn

let () =
  Printf.printf "version %d\n" (version ());
  (* Lies outside the heap of OCaml, so the view may borrow it. *)
  let x = CArray.make double (2 * rows_count) in
  for i = 0 to rows_count - 1 do
    let shift = float_of_int (i mod 2) in
    let part k n = float_of_int (k * i mod n) /. 16. in
    CArray.set x (2 * i) (part 37 101 +. (8. *. shift));
    CArray.set x ((2 * i) + 1) (part 53 97 +. (4. *. shift))
  done;
  let data_new =
    foreign "genmod_data_new" (ptr handle @-> handle @-> returning int)
  in
  let rows = made "genmod_data_free" (fun out -> data_new out w) in
  need
    (data_set_rows rows f64 (size rows_count) (size 2) (CArray.start x) 0L 0L w);
  (try ignore (config "gmm" [ ("componets", "2") ])
   with Error (_, text) -> print_endline ("error " ^ text));
  tour_gmm (config "gmm" [ ("components", "2") ]) rows;
  tour_vae
    (config "vae"
       [ ("encoder", "dense 8; tanh"); ("code", "1"); ("batch_size", "50") ])
    rows;
  ignore (Sys.opaque_identity x)
