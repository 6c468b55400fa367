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
#elif defined(__x86_64__)
typedef edge_f32x8 edge_native_f32;
typedef edge_i32x8 edge_native_i32;
typedef edge_f16x8 edge_native_f16;
#else
typedef edge_f32x4 edge_native_f32;
typedef edge_i32x4 edge_native_i32;
typedef edge_f16x4 edge_native_f16;
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
// The largest lane; lanes are numbers.
EDGE_INSTRUCTION float edge_native_largest(edge_native_f32 v) {
#if defined(__aarch64__)
  return vmaxvq_f32((float32x4_t)v);
#else
  return __builtin_reduce_max(v);
#endif
}
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
