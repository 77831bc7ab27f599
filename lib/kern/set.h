/* The tables that set.c makes, and ops.c chooses from. */
#ifndef KERN_SET_H
#define KERN_SET_H

#include "kern/kern.h"

extern const kern_ops kern_generic_f32, kern_generic_f64;
extern const kern_ops kern_x86_v3_f32, kern_x86_v3_f64;
extern const kern_ops kern_x86_v4_f32, kern_x86_v4_f64;
extern const kern_ops kern_aarch64_f32, kern_aarch64_f64;

#endif
