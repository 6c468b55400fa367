// Conversions of whole vectors that Swift's own initializers do lane by lane, in calls.
#pragma once
#include <stdint.h>

typedef int8_t edge_convert_i8x16 __attribute__((ext_vector_type(16)));
typedef uint16_t edge_convert_u16x16 __attribute__((ext_vector_type(16)));
typedef uint32_t edge_convert_u32x16 __attribute__((ext_vector_type(16)));
typedef float edge_convert_f32x16 __attribute__((ext_vector_type(16)));

static inline __attribute__((always_inline)) edge_convert_f32x16
edge_convert_i8_to_f32(edge_convert_i8x16 v) {
  return __builtin_convertvector(v, edge_convert_f32x16);
}
static inline __attribute__((always_inline)) edge_convert_u32x16
edge_convert_u16_to_u32(edge_convert_u16x16 v) {
  return __builtin_convertvector(v, edge_convert_u32x16);
}
