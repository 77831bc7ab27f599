/** @file genmod.hpp
 * The whole library in C++11, header only, on top of the C interface.
 *
 * Handles free themselves and move. What fails throws genmod::error, or, with
 * GENMOD_NO_EXCEPTIONS, is the returned genmod::result: core.hpp.
 */
#ifndef GENMOD_GENMOD_HPP
#define GENMOD_GENMOD_HPP

#include "ae.hpp"
#include "base.hpp"
#include "data.hpp"
#include "gan.hpp"
#include "gmm.hpp"
#include "measure.hpp"
#include "vae.hpp"

#endif
