;; The tour of doc/ffi/README.md in Guile, by (system foreign).
(use-modules (system foreign) (system foreign-library)
             (rnrs bytevectors) (ice-9 format))

(define n 200)
(define f64 2)
(define draw 1)
(define lib (load-foreign-library "libgenmod.so.1"))

(define (foreign name result . arguments)
  (foreign-library-function lib name #:return-type result
                            #:arg-types arguments))

(define version (foreign "genmod_version" int32))
(define status-name (foreign "genmod_status_name" '* int32))
(define workspace-new (foreign "genmod_workspace_new" int32 '* '*))
(define workspace-error (foreign "genmod_workspace_error" '* '*))
(define config-set (foreign "genmod_config_set_str" int32 '* '* '* '*))
(define data-new (foreign "genmod_data_new" int32 '* '*))
(define data-set-rows
  (foreign "genmod_data_set_rows" int32 '* int32 size_t size_t '* int64 int64
           '*))
(define report-get (foreign "genmod_report_get" int32 '* '* '*))
(define gmm-fit (foreign "gmm_fit" int32 '* '* '* '* '*))
(define gmm-sample
  (foreign "gmm_sample" int32 '* uint64 uint64 size_t int32 size_t '* '* '*))
(define vae-fit (foreign "vae_fit" int32 '* '* '* '* '* '*))
(define vae-report (foreign "vae_report" '* '*))
(define vae-sample
  (foreign "vae_sample" int32 '* uint64 uint64 size_t int32 '* int32 size_t '*
           '*))

;; A place for a pointer, and what a call put there.
(define (pointer-place) (make-bytevector (sizeof '*) 0))
(define (place-pointer place) (dereference-pointer (bytevector->pointer place)))

(define w
  (let ((place (pointer-place)))
    (workspace-new %null-pointer (bytevector->pointer place))
    (place-pointer place)))

(define (need status)
  (unless (zero? status)
    (throw 'genmod-error status
           (string-append (pointer->string (status-name status)) ": "
                          (pointer->string (workspace-error w))))))

;; A handle that the collector frees, by the function `free` of C.
(define (make free create . before)
  (let ((place (pointer-place)))
    (need (apply create (append before (list (bytevector->pointer place) w))))
    (make-pointer (pointer-address (place-pointer place))
                  (foreign-library-pointer lib free))))

(define (config family . options)
  (let ((c (make "genmod_config_free"
             (foreign (string-append family "_config_new") int32 '* '*))))
    (for-each (lambda (option)
                (need (config-set c (string->pointer (car option))
                                  (string->pointer (cdr option)) w)))
              options)
    c))

(define (model family options)
  (make (string-append family "_free")
    (foreign (string-append family "_new") int32 '* '* '*) options))

(define (save family m)
  (let ((write (foreign (string-append family "_save") int32 '* size_t '* '* '*))
        (size (make-bytevector (sizeof size_t) 0)))
    (write m 0 %null-pointer (bytevector->pointer size) w) ; tells the size
    (let* ((bytes (bytevector-uint-ref size 0 (native-endianness)
                                       (sizeof size_t)))
           (file (make-bytevector bytes)))
      (need (write m bytes (bytevector->pointer file) %null-pointer w))
      file)))

(define (load-model family file)
  (let ((read (foreign (string-append family "_load") int32 '* size_t '* '*))
        (m (model family %null-pointer)))
    (need (read m (bytevector-length file) (bytevector->pointer file) w))
    m))

(define (epochs report)
  (let ((v (make-bytevector 8)))
    (need (report-get report (string->pointer "epochs")
                      (bytevector->pointer v)))
    (bytevector-ieee-double-native-ref v 0)))

;; Trains; (stop? report) ends it. Nothing may be thrown across C, so it waits.
(define (fit-vae m rows stop?)
  (let* ((thrown #f)
         (watch (lambda (report user)
                  (catch #t
                    (lambda () (if (stop? report) 1 0))
                    (lambda arguments
                      (set! thrown arguments)
                      -1))))
         (status (vae-fit m rows %null-pointer
                          (procedure->pointer int32 watch '(* *))
                          %null-pointer w)))
    (when thrown (apply throw thrown))
    (need status)))

(define (print-rows family drawn)
  (format #t "~a ~{~2,'0x~}~%" family (bytevector->u8-list drawn)))

(define (tour-gmm options rows)
  (let ((m (model "gmm" options))
        (drawn (make-bytevector 64)))
    (need (gmm-fit m rows %null-pointer %null-pointer w))
    (need (gmm-sample (load-model "gmm" (save "gmm" m)) 7 0 4 f64 64
                      (bytevector->pointer drawn) %null-pointer w))
    (print-rows "gmm" drawn)))

(define (tour-vae options rows)
  (let ((m (model "vae" options))
        (calls 0)
        (drawn (make-bytevector 64)))
    (fit-vae m rows (lambda (report)
                      (set! calls (+ calls 1))
                      (>= (epochs report) 2)))
    (format #t "vae stopped after ~d passes, ~d calls~%"
            (inexact->exact (epochs (vae-report m))) calls)
    (need (vae-sample (load-model "vae" (save "vae" m)) 7 0 4 draw
                      %null-pointer f64 64 (bytevector->pointer drawn) w))
    (print-rows "vae" drawn)))

;; Borrowed by the view: the variable keeps it from the collector, which moves
;; nothing.
(define x (make-bytevector (* 16 n)))
(do ((i 0 (+ i 1))) ((= i n))
  (let ((put (lambda (j k m shift)
               (bytevector-ieee-double-native-set!
                x (* 8 (+ (* 2 i) j))
                (exact->inexact (+ (/ (modulo (* k i) m) 16)
                                   (* shift (modulo i 2))))))))
    (put 0 37 101 8)
    (put 1 53 97 4)))

(format #t "version ~d~%" (version))
(define rows (make "genmod_data_free" data-new))
(need (data-set-rows rows f64 n 2 (bytevector->pointer x) 0 0 w))
(catch 'genmod-error
  (lambda () (config "gmm" '("componets" . "2")))
  (lambda (key status text) (format #t "error ~a~%" text)))
(tour-gmm (config "gmm" '("components" . "2")) rows)
(tour-vae (config "vae" '("encoder" . "dense 8; tanh") '("code" . "1")
                  '("batch_size" . "50"))
          rows)
