// Conversions of whole vectors that Swift's own initializers do lane by lane, in calls.
#pragma once
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

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
// table[v] for each lane of v, which must be below 16.
static inline __attribute__((always_inline)) edge_convert_i8x16
edge_look_up(edge_convert_i8x16 table, edge_convert_i8x16 v) {
#if defined(__SSSE3__)
  return (edge_convert_i8x16)_mm_shuffle_epi8((__m128i)table, (__m128i)v);
#elif defined(__aarch64__)
  return (edge_convert_i8x16)vqtbl1q_s8((int8x16_t)table, (uint8x16_t)v);
#else
  edge_convert_i8x16 found;
  for (int i = 0; i < 16; i++) found[i] = table[v[i] & 15];
  return found;
#endif
}
// What the 16 codes of IQ4_NL and IQ4_XS stand for (ggml's `kvalues_iq4nl`).
static inline __attribute__((always_inline)) edge_convert_i8x16 edge_levels(void) {
  return (edge_convert_i8x16){-127, -104, -83, -65, -49, -35, -22, -10,
                              1,    13,   25,  38,  53,  69,  89,  113};
}
// Twice what the 16 codes of MXFP4 stand for: a sign, two bits of exponent, one of mantissa.
static inline __attribute__((always_inline)) edge_convert_i8x16 edge_float4_levels(void) {
  return (edge_convert_i8x16){0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
}
