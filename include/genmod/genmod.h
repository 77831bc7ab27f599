/** @file genmod.h
 * Everything that libgenmod offers. A program may as well include only the
 * family that it uses.
 */
#ifndef GENMOD_GENMOD_H
#define GENMOD_GENMOD_H

#include "ae.h"
#include "base.h"
#include "data.h"
#include "exchange.h"
#include "gan.h"
#include "gan_table.h"
#include "gmm.h"
#include "gmm_algebra.h"
#include "gmm_learn.h"
#include "measure.h"
#include "scale.h"
#include "vae.h"

#endif
