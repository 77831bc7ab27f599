# The tour of doc/ffi/README.md in R, by .Call() and the small shim.c.
dyn.load(paste0("shim", .Platform$dynlib.ext))

config <- function(family, ...) {
  c <- .Call(paste0("shim_", family, "_config"))
  options <- list(...)
  for (key in names(options)) .Call("shim_set", c, key, options[[key]])
  c
}

print_rows <- function(family, x) {
  bytes <- writeBin(as.vector(x), raw())
  cat(family, " ", paste(format(bytes), collapse = ""), "\n", sep = "")
}

tour_gmm <- function(options, rows) {
  model <- .Call("shim_gmm", options)
  .Call("shim_gmm_fit", model, rows)
  loaded <- .Call("shim_gmm_load", .Call("shim_gmm_save", model))
  print_rows("gmm", .Call("shim_gmm_sample", loaded, 4L))
}

tour_vae <- function(options, rows) {
  model <- .Call("shim_vae", options)
  calls <- 0
  passes <- .Call("shim_vae_fit", model, rows, function(passes) {
    calls <<- calls + 1
    passes >= 2
  })
  cat(sprintf("vae stopped after %.0f passes, %.0f calls\n", passes, calls))
  loaded <- .Call("shim_vae_load", .Call("shim_vae_save", model))
  print_rows("vae", .Call("shim_vae_sample", loaded, 4L))
}

cat("version ", .Call("shim_version"), "\n", sep = "")
i <- 0:199
x <- cbind((37 * i) %% 101 / 16 + 8 * (i %% 2), (53 * i) %% 97 / 16 + 4 * (i %% 2))
rows <- .Call("shim_rows", x)
tryCatch(config("gmm", componets = "2"), error = function(e) {
  cat("error ", conditionMessage(e), "\n", sep = "")
})
tour_gmm(config("gmm", components = "2"), rows)
tour_vae(config("vae", encoder = "dense 8; tanh", code = "1",
                batch_size = "50"), rows)
