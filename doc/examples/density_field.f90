! A field for a simulation, from Fortran: the density of particles on a grid, in
! double precision, and its gradient. What density_field.c does in C.
!
!     gfortran density_field.f90 $(pkg-config --cflags --libs genmod)
!
! An array x(d, n) of Fortran is [n, d], row-major, of C: particles lie one after
! the other in either.
module genmod
  use, intrinsic :: iso_c_binding
  implicit none
  integer(c_int32_t), parameter :: genmod_f64 = 2

  interface
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
      import; type(c_ptr), value :: x, w
      integer(c_int32_t), value :: kind
      integer(c_size_t), value :: n, d
      real(c_double) :: rows(*)
      integer(c_int64_t), value :: row_stride, col_stride
    end function
    integer(c_int32_t) function genmod_config_set_i64(c, key, v, w) bind(c)
      import; type(c_ptr), value :: c, w
      character(c_char) :: key(*)
      integer(c_int64_t), value :: v
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
    integer(c_int32_t) function gmm_log_density(m, x, bytes, out, w) bind(c)
      import; type(c_ptr), value :: m, x, w
      integer(c_size_t), value :: bytes
      real(c_double) :: out(*)
    end function
    integer(c_int32_t) function gmm_log_density_gradient(m, x, kind, bytes, &
        out, w) bind(c)
      import; type(c_ptr), value :: m, x, w
      integer(c_int32_t), value :: kind
      integer(c_size_t), value :: bytes
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
  end interface
end module

program density_field
  use genmod
  implicit none
  integer, parameter :: particles = 4000, side = 121, points = side * side
  real(c_double), parameter :: low = -6, step = 0.1_c_double
  real(c_double) :: p(2, particles), x(2, side, side), ln_p(side, side)
  real(c_double) :: g(2, side, side), mass, virial
  type(c_ptr) :: w, rows, c, m
  integer :: i, j

  call need(genmod_workspace_new(c_null_ptr, w))
  call need(genmod_data_new(rows, w))
  call fill(p)
  call need(genmod_data_set_rows(rows, genmod_f64, int(particles, c_size_t), &
    2_c_size_t, p, 0_c_int64_t, 0_c_int64_t, w))
  call need(gmm_config_new(c, w))
  call need(genmod_config_set_i64(c, "components" // c_null_char, &
    2_c_int64_t, w))
  call need(gmm_new(c, m, w))
  call genmod_config_free(c)
  call need(gmm_fit(m, rows, c_null_funptr, c_null_ptr, w))

  do j = 1, side
    do i = 1, side
      x(:, i, j) = low + step * [i - 1, j - 1]
    end do
  end do
  call need(genmod_data_set_rows(rows, genmod_f64, int(points, c_size_t), &
    2_c_size_t, x, 0_c_int64_t, 0_c_int64_t, w))
  call need(gmm_log_density(m, rows, 8_c_size_t * points, ln_p, w))
  call need(gmm_log_density_gradient(m, rows, genmod_f64, &
    16_c_size_t * points, g, w))

  mass = sum(exp(ln_p)) * step**2 ! 1, and 2: see the same in C
  virial = -sum(exp(ln_p) * sum(x * g, 1)) * step**2
  print '(2(a, f9.6))', 'mass on the grid', mass, ', virial', virial
  call gmm_free(m)
  call genmod_data_free(rows)
  call genmod_workspace_free(w)
  if (abs(mass - 1) > 1e-3 .or. abs(virial - 2) > 1e-2) error stop 1

contains

  ! The library's own line on what went wrong.
  subroutine need(status)
    integer(c_int32_t), intent(in) :: status
    character(c_char), pointer :: text(:)
    if (status == 0) return
    call c_f_pointer(genmod_workspace_error(w), text, [512])
    i = 1
    do while (i < 512 .and. text(i) /= c_null_char)
      i = i + 1
    end do
    print *, 'density_field: ', text(:i - 1)
    error stop 1
  end subroutine

  ! Two clouds, as in density_field.c.
  subroutine fill(p)
    real(c_double), intent(out) :: p(2, particles)
    real(c_double) :: r, t
    do i = 1, particles
      r = sqrt(-2 * log(modulo(0.7548776662466927_c_double * i, 1.0_c_double)))
      t = 6.283185307179586_c_double &
        * modulo(0.5698402909980532_c_double * i, 1.0_c_double)
      if (modulo(i - 1, 3) /= 0) then
        p(:, i) = [1.5 + 0.8_c_double * r * cos(t), &
          -1 + 0.6_c_double * r * cos(t) + 0.5 * r * sin(t)]
      else
        p(:, i) = [-2 + r * cos(t), 1 + 0.7_c_double * r * sin(t)]
      end if
    end do
  end subroutine
end program
