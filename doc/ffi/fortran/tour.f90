! The tour of doc/ffi/README.md in Fortran, by ISO_C_BINDING.
module genmod
  use, intrinsic :: iso_c_binding
  implicit none
  integer(c_int32_t), parameter :: genmod_f64 = 2, genmod_draw = 1

  interface
    integer(c_int32_t) function genmod_version() bind(c)
      import
    end function
    type(c_ptr) function genmod_status_name(status) bind(c)
      import; integer(c_int32_t), value :: status
    end function
    integer(c_int32_t) function genmod_workspace_new(c, w) bind(c)
      import; type(c_ptr), value :: c; type(c_ptr) :: w
    end function
    type(c_ptr) function genmod_workspace_error(w) bind(c)
      import; type(c_ptr), value :: w
    end function
    integer(c_int32_t) function genmod_data_new(x, w) bind(c)
      import; type(c_ptr) :: x; type(c_ptr), value :: w
    end function
    integer(c_int32_t) function genmod_data_set_rows(x, kind, n, d, rows, &
        row_stride, col_stride, w) bind(c)
      import; type(c_ptr), value :: x, rows, w
      integer(c_int32_t), value :: kind
      integer(c_size_t), value :: n, d
      integer(c_int64_t), value :: row_stride, col_stride
    end function
    integer(c_int32_t) function genmod_config_set_i64(c, key, v, w) bind(c)
      import; type(c_ptr), value :: c, w
      character(c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: v
    end function
    integer(c_int32_t) function genmod_config_set_str(c, key, v, w) bind(c)
      import; type(c_ptr), value :: c, w
      character(c_char), intent(in) :: key(*), v(*)
    end function
    integer(c_int32_t) function genmod_report_get(r, key, v) bind(c)
      import; type(c_ptr), value :: r
      character(c_char), intent(in) :: key(*)
      real(c_double) :: v
    end function
    integer(c_int32_t) function gmm_config_new(c, w) bind(c)
      import; type(c_ptr) :: c; type(c_ptr), value :: w
    end function
    integer(c_int32_t) function gmm_new(c, m, w) bind(c)
      import; type(c_ptr), value :: c, w; type(c_ptr) :: m
    end function
    integer(c_int32_t) function gmm_fit(m, x, progress, user, w) bind(c)
      import; type(c_ptr), value :: m, x, user, w
      type(c_funptr), value :: progress
    end function
    integer(c_int32_t) function gmm_save(m, cap, out, need, w) bind(c)
      import; type(c_ptr), value :: m, w
      integer(c_size_t), value :: cap
      character(c_char) :: out(*)
      integer(c_size_t) :: need
    end function
    integer(c_int32_t) function gmm_load(m, n, bytes, w) bind(c)
      import; type(c_ptr), value :: m, w
      integer(c_size_t), value :: n
      character(c_char), intent(in) :: bytes(*)
    end function
    integer(c_int32_t) function gmm_sample(m, seed, first, n, kind, bytes, &
        out, component, w) bind(c)
      import; type(c_ptr), value :: m, component, w
      integer(c_int64_t), value :: seed, first
      integer(c_size_t), value :: n, bytes
      integer(c_int32_t), value :: kind
      real(c_double) :: out(*)
    end function
    integer(c_int32_t) function vae_config_new(c, w) bind(c)
      import; type(c_ptr) :: c; type(c_ptr), value :: w
    end function
    integer(c_int32_t) function vae_new(c, m, w) bind(c)
      import; type(c_ptr), value :: c, w; type(c_ptr) :: m
    end function
    integer(c_int32_t) function vae_fit(m, x, held, progress, user, w) bind(c)
      import; type(c_ptr), value :: m, x, held, user, w
      type(c_funptr), value :: progress
    end function
    type(c_ptr) function vae_report(m) bind(c)
      import; type(c_ptr), value :: m
    end function
    integer(c_int32_t) function vae_save(m, cap, out, need, w) bind(c)
      import; type(c_ptr), value :: m, w
      integer(c_size_t), value :: cap
      character(c_char) :: out(*)
      integer(c_size_t) :: need
    end function
    integer(c_int32_t) function vae_load(m, n, bytes, w) bind(c)
      import; type(c_ptr), value :: m, w
      integer(c_size_t), value :: n
      character(c_char), intent(in) :: bytes(*)
    end function
    integer(c_int32_t) function vae_sample(m, seed, first, n, what, labels, &
        kind, bytes, out, w) bind(c)
      import; type(c_ptr), value :: m, labels, w
      integer(c_int64_t), value :: seed, first
      integer(c_size_t), value :: n, bytes
      integer(c_int32_t), value :: what, kind
      real(c_double) :: out(*)
    end function
    subroutine genmod_config_free(c) bind(c)
      import; type(c_ptr), value :: c
    end subroutine
    subroutine genmod_data_free(x) bind(c)
      import; type(c_ptr), value :: x
    end subroutine
    subroutine genmod_workspace_free(w) bind(c)
      import; type(c_ptr), value :: w
    end subroutine
    subroutine gmm_free(m) bind(c)
      import; type(c_ptr), value :: m
    end subroutine
    subroutine vae_free(m) bind(c)
      import; type(c_ptr), value :: m
    end subroutine
  end interface

contains

  ! The number `key` of a report.
  integer(c_int32_t) function read_report(report, key, v) result(status)
    type(c_ptr), value :: report
    character(*), intent(in) :: key
    real(c_double) :: v
    status = genmod_report_get(report, key // c_null_char, v)
  end function

  ! Counts its calls at `user`, and ends the fit after two passes.
  integer(c_int32_t) function watch(report, user) bind(c)
    type(c_ptr), value :: report, user
    integer, pointer :: calls
    real(c_double) :: epochs
    call c_f_pointer(user, calls)
    calls = calls + 1
    watch = -1
    if (read_report(report, 'epochs', epochs) == 0) &
      watch = merge(1, 0, epochs >= 2)
  end function
end module

program tour
  use genmod
  implicit none
  integer, parameter :: n = 200
  real(c_double), target :: x(2, n)
  type(c_ptr) :: w, rows, mixture, autoencoder
  integer(c_int32_t) :: status
  integer :: i

  do i = 0, n - 1
    x(:, i + 1) = [modulo(37 * i, 101) / 16.0_c_double + 8 * modulo(i, 2), &
      modulo(53 * i, 97) / 16.0_c_double + 4 * modulo(i, 2)]
  end do
  w = c_null_ptr
  call need(genmod_workspace_new(c_null_ptr, w))
  print '(a, i0)', 'version ', genmod_version()
  call need(genmod_data_new(rows, w))
  call need(genmod_data_set_rows(rows, genmod_f64, int(n, c_size_t), &
    2_c_size_t, c_loc(x), 0_c_int64_t, 0_c_int64_t, w))

  call need(gmm_config_new(mixture, w))
  status = genmod_config_set_i64(mixture, 'componets' // c_null_char, &
    2_c_int64_t, w)
  print '(a)', 'error ' // message(status)
  call need(genmod_config_set_i64(mixture, 'components' // c_null_char, &
    2_c_int64_t, w))
  call tour_gmm(mixture)

  call need(vae_config_new(autoencoder, w))
  call need(genmod_config_set_str(autoencoder, 'encoder' // c_null_char, &
    'dense 8; tanh' // c_null_char, w))
  call need(genmod_config_set_i64(autoencoder, 'code' // c_null_char, &
    1_c_int64_t, w))
  call need(genmod_config_set_i64(autoencoder, 'batch_size' // c_null_char, &
    50_c_int64_t, w))
  call tour_vae(autoencoder)

  call genmod_data_free(rows)
  call genmod_config_free(autoencoder)
  call genmod_config_free(mixture)
  call genmod_workspace_free(w)

contains

  ! A text of C as one of Fortran.
  function text(p) result(s)
    type(c_ptr), intent(in) :: p
    character(c_char), pointer :: bytes(:)
    character(:), allocatable :: s
    integer :: i
    call c_f_pointer(p, bytes, [512])
    s = ''
    do i = 1, size(bytes)
      if (bytes(i) == c_null_char) exit
      s = s // bytes(i)
    end do
  end function

  function message(status)
    integer(c_int32_t), intent(in) :: status
    character(:), allocatable :: message
    message = text(genmod_status_name(status)) // ': ' // &
      text(genmod_workspace_error(w))
  end function

  subroutine need(status)
    integer(c_int32_t), intent(in) :: status
    if (status == 0) return
    print '(a)', message(status)
    error stop 1
  end subroutine

  subroutine print_rows(family, drawn)
    character(*), intent(in) :: family
    real(c_double), intent(in) :: drawn(:, :)
    character(*), parameter :: digit = '0123456789abcdef'
    integer :: byte
    integer(c_int8_t) :: bytes(64)
    bytes = transfer(drawn, [0_c_int8_t])
    write (*, '(a)', advance='no') family // ' '
    do i = 1, size(bytes)
      byte = iand(int(bytes(i)), 255)
      write (*, '(2a)', advance='no') digit(byte / 16 + 1:byte / 16 + 1), &
        digit(modulo(byte, 16) + 1:modulo(byte, 16) + 1)
    end do
    print '()'
  end subroutine

  subroutine tour_gmm(options)
    type(c_ptr), intent(in) :: options
    type(c_ptr) :: model, loaded
    character(c_char), allocatable :: file(:)
    character(c_char) :: none(1)
    integer(c_size_t) :: bytes
    real(c_double) :: drawn(2, 4)
    call need(gmm_new(options, model, w))
    call need(gmm_fit(model, rows, c_null_funptr, c_null_ptr, w))
    status = gmm_save(model, 0_c_size_t, none, bytes, w) ! tells the size
    allocate (file(bytes))
    call need(gmm_save(model, bytes, file, bytes, w))
    call need(gmm_new(c_null_ptr, loaded, w))
    call need(gmm_load(loaded, bytes, file, w))
    call need(gmm_sample(loaded, 7_c_int64_t, 0_c_int64_t, 4_c_size_t, &
      genmod_f64, c_sizeof(drawn), drawn, c_null_ptr, w))
    call print_rows('gmm', drawn)
    call gmm_free(loaded)
    call gmm_free(model)
  end subroutine

  subroutine tour_vae(options)
    type(c_ptr), intent(in) :: options
    type(c_ptr) :: model, loaded
    character(c_char), allocatable :: file(:)
    character(c_char) :: none(1)
    integer, target :: calls
    integer(c_size_t) :: bytes
    real(c_double) :: drawn(2, 4), epochs
    calls = 0
    call need(vae_new(options, model, w))
    call need(vae_fit(model, rows, c_null_ptr, c_funloc(watch), c_loc(calls), &
      w))
    call need(read_report(vae_report(model), 'epochs', epochs))
    print '(2(a, i0), a)', 'vae stopped after ', nint(epochs), ' passes, ', &
      calls, ' calls'
    status = vae_save(model, 0_c_size_t, none, bytes, w)
    allocate (file(bytes))
    call need(vae_save(model, bytes, file, bytes, w))
    call need(vae_new(c_null_ptr, loaded, w))
    call need(vae_load(loaded, bytes, file, w))
    call need(vae_sample(loaded, 7_c_int64_t, 0_c_int64_t, 4_c_size_t, &
      genmod_draw, c_null_ptr, genmod_f64, c_sizeof(drawn), drawn, w))
    call print_rows('vae', drawn)
    call vae_free(loaded)
    call vae_free(model)
  end subroutine
end program
