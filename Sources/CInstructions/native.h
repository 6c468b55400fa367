// What one vector register of the build holds: 16, 8 or 4 lanes of 32 bits.
#pragma once
#include "instructions.h"

typedef float edge_f32x8 __attribute__((ext_vector_type(8)));
typedef int32_t edge_i32x8 __attribute__((ext_vector_type(8)));

// sum + a * b, rounded once. (Swift's own goes lane by lane, and factors of 1 and -1 are lost.)
EDGE_INSTRUCTION edge_f32x4 edge_fma_f32x4(edge_f32x4 sum, edge_f32x4 a, edge_f32x4 b) {
  return __builtin_elementwise_fma(a, b, sum);
}
EDGE_INSTRUCTION edge_f32x8 edge_fma_f32x8(edge_f32x8 sum, edge_f32x8 a, edge_f32x8 b) {
  return __builtin_elementwise_fma(a, b, sum);
}
EDGE_INSTRUCTION edge_f32x16 edge_fma_f32x16(edge_f32x16 sum, edge_f32x16 a, edge_f32x16 b) {
  return __builtin_elementwise_fma(a, b, sum);
}
EDGE_INSTRUCTION edge_f32x8 edge_f32x8_swap_by_1(edge_f32x8 v) {
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
}
EDGE_INSTRUCTION edge_f32x8 edge_f32x8_swap_by_2(edge_f32x8 v) {
  return __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
}
EDGE_INSTRUCTION edge_f32x8 edge_f32x8_swap_by_4(edge_f32x8 v) {
  return __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
}

#if defined(__AVX512F__)
typedef edge_f32x16 edge_native_f32;
typedef edge_i32x16 edge_native_i32;
typedef edge_f16x16 edge_native_f16;
typedef edge_f16x32 edge_halves;
#elif defined(__x86_64__)
typedef edge_f32x8 edge_native_f32;
typedef edge_i32x8 edge_native_i32;
typedef edge_f16x8 edge_native_f16;
typedef edge_f16x16 edge_halves;
#else
typedef edge_f32x4 edge_native_f32;
typedef edge_i32x4 edge_native_i32;
typedef edge_f16x4 edge_native_f16;
typedef edge_f16x8 edge_halves;
#endif

EDGE_INSTRUCTION edge_native_f32 edge_native_to_f32(edge_native_i32 v) {
  return __builtin_convertvector(v, edge_native_f32);
}
EDGE_INSTRUCTION edge_native_f32 edge_native_max(edge_native_f32 a, edge_native_f32 b) {
  return EDGE_MAX(a, b);
}
// Swift's own operators are taken apart into single lanes where many vectors are at work.
EDGE_INSTRUCTION edge_native_f32 edge_native_add(edge_native_f32 a, edge_native_f32 b) {
  return a + b;
}
EDGE_INSTRUCTION edge_native_f32 edge_native_subtract(edge_native_f32 a, edge_native_f32 b) {
  return a - b;
}
EDGE_INSTRUCTION edge_native_f32 edge_native_abs(edge_native_f32 v) {
  return __builtin_elementwise_abs(v);
}
EDGE_INSTRUCTION edge_f32x8 edge_max_f32x8(edge_f32x8 a, edge_f32x8 b) { return EDGE_MAX(a, b); }
#if defined(__aarch64__)
// The largest lane; lanes are numbers.
EDGE_INSTRUCTION float edge_largest_f32x4(edge_f32x4 v) { return vmaxvq_f32((float32x4_t)v); }
EDGE_INSTRUCTION float edge_largest_f16x8(edge_f16x8 v) {
#if defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
  return vmaxvq_f16((float16x8_t)v);
#else
  return __builtin_reduce_max(v);
#endif
}
#endif
// As many Float16 numbers as the register has lanes.
EDGE_INSTRUCTION edge_native_f32 edge_native_load_f16(const void *from) {
  edge_native_f16 h;
  memcpy(&h, from, sizeof h);
  return __builtin_convertvector(h, edge_native_f32);
}
// Rounds to nearest, ties to even.
EDGE_INSTRUCTION void edge_native_store_f16(edge_native_f32 v, void *to) {
  edge_native_f16 h = __builtin_convertvector(v, edge_native_f16);
  memcpy(to, &h, sizeof h);
}

// Arithmetic on a register of Float16 numbers, for processors that have it: twice the lanes of
// Float32.
EDGE_INSTRUCTION edge_halves edge_halves_fma(edge_halves sum, edge_halves a, edge_halves b) {
  return __builtin_elementwise_fma(a, b, sum);
}
EDGE_INSTRUCTION edge_halves edge_halves_add(edge_halves a, edge_halves b) { return a + b; }
EDGE_INSTRUCTION edge_halves edge_halves_subtract(edge_halves a, edge_halves b) { return a - b; }
EDGE_INSTRUCTION edge_halves edge_halves_max(edge_halves a, edge_halves b) {
  return EDGE_MAX(a, b);
}
// The first and the second half of the lanes.
EDGE_INSTRUCTION edge_native_f32 edge_halves_low(edge_halves v) {
  return __builtin_convertvector(v.lo, edge_native_f32);
}
EDGE_INSTRUCTION edge_native_f32 edge_halves_high(edge_halves v) {
  return __builtin_convertvector(v.hi, edge_native_f32);
}
// The low 9 bits of each lane, in the place of a Float32's exponent and sign.
typedef uint16_t edge_halves_bits __attribute__((ext_vector_type(sizeof(edge_halves) / 2)));
typedef uint32_t edge_native_u32 __attribute__((ext_vector_type(sizeof(edge_native_f32) / 4)));
EDGE_INSTRUCTION edge_native_i32 edge_halves_exponents_low(edge_halves v) {
  edge_halves_bits bits = (edge_halves_bits)v << 7;
  return (edge_native_i32)(__builtin_convertvector(bits.lo, edge_native_u32) << 16);
}
EDGE_INSTRUCTION edge_native_i32 edge_halves_exponents_high(edge_halves v) {
  edge_halves_bits bits = (edge_halves_bits)v << 7;
  return (edge_native_i32)(__builtin_convertvector(bits.hi, edge_native_u32) << 16);
}
