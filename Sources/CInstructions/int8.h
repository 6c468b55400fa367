// Instructions for products of 8-bit integers, and the vectors that hold their sums. As in
// instructions.h, a wrapper whose instruction the build lacks computes the definition.
#pragma once
#include "native.h"

typedef int16_t edge_i16x8 __attribute__((ext_vector_type(8)));
typedef int16_t edge_i16x16 __attribute__((ext_vector_type(16)));
typedef int8_t edge_i8x32 __attribute__((ext_vector_type(32)));

// Has a cache line brought to the second-level cache.
EDGE_INSTRUCTION void edge_prefetch(const void *_Nonnull at) { __builtin_prefetch(at, 0, 2); }

#if defined(__x86_64__)
// What sums are handed over in: 16 lanes, so that kernels for both vector widths compile.
typedef edge_i32x16 edge_sums;

EDGE_INSTRUCTION edge_sums edge_join_i32x8(edge_i32x8 low, edge_i32x8 high) {
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

#if defined(__AVX2__)
// |v|
EDGE_INSTRUCTION edge_i8x32 edge_abs_i8x32(edge_i8x32 v) {
  return (edge_i8x32)_mm256_abs_epi8((__m256i)v);
}
// a with its sign changed where `sign` is negative, 0 where `sign` is 0
EDGE_INSTRUCTION edge_i8x32 edge_sign_i8x32(edge_i8x32 a, edge_i8x32 sign) {
  return (edge_i8x32)_mm256_sign_epi8((__m256i)a, (__m256i)sign);
}
// unsigned u[2 i] * s[2 i] + u[2 i + 1] * s[2 i + 1], clamped to 16 bits
EDGE_INSTRUCTION edge_i16x16 edge_maddubs(edge_i8x32 u, edge_i8x32 s) {
  return (edge_i16x16)_mm256_maddubs_epi16((__m256i)u, (__m256i)s);
}
// v[2 i] + v[2 i + 1]
EDGE_INSTRUCTION edge_i32x8 edge_add_pairs_i16x16(edge_i16x16 v) {
  return (edge_i32x8)_mm256_madd_epi16((__m256i)v, _mm256_set1_epi16(1));
}
#else
EDGE_INSTRUCTION edge_i8x32 edge_abs_i8x32(edge_i8x32 v) { return __builtin_elementwise_abs(v); }
EDGE_INSTRUCTION edge_i8x32 edge_sign_i8x32(edge_i8x32 a, edge_i8x32 sign) {
  for (int i = 0; i < 32; i++) a[i] = sign[i] < 0 ? -a[i] : sign[i] == 0 ? 0 : a[i];
  return a;
}
EDGE_INSTRUCTION edge_i16x16 edge_maddubs(edge_i8x32 u, edge_i8x32 s) {
  edge_i16x16 r;
  for (int i = 0; i < 16; i++) {
    int sum = (uint8_t)u[2 * i] * s[2 * i] + (uint8_t)u[2 * i + 1] * s[2 * i + 1];
    r[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
  }
  return r;
}
EDGE_INSTRUCTION edge_i32x8 edge_add_pairs_i16x16(edge_i16x16 v) {
  edge_i32x8 r;
  for (int i = 0; i < 8; i++) r[i] = v[2 * i] + v[2 * i + 1];
  return r;
}
#endif

#elif defined(__aarch64__)
typedef edge_i32x4 edge_sums;

// Four registers, loaded by one instruction.
typedef struct {
  edge_i8x16 first, second, third, fourth;
} edge_i8x16x4;
EDGE_INSTRUCTION edge_i8x16x4 edge_load_i8x16x4(const void *_Nonnull from) {
  int8x16x4_t v = vld1q_s8_x4((const int8_t *)from);
  return (edge_i8x16x4){(edge_i8x16)v.val[0], (edge_i8x16)v.val[1], (edge_i8x16)v.val[2],
                        (edge_i8x16)v.val[3]};
}
// Three registers, loaded by one instruction.
typedef struct {
  edge_i8x16 first, second, third;
} edge_i8x16x3;
EDGE_INSTRUCTION edge_i8x16x3 edge_load_i8x16x3(const void *_Nonnull from) {
  int8x16x3_t v = vld1q_s8_x3((const int8_t *)from);
  return (edge_i8x16x3){(edge_i8x16)v.val[0], (edge_i8x16)v.val[1], (edge_i8x16)v.val[2]};
}
// Two registers, loaded by one instruction.
typedef struct {
  edge_i8x16 first, second;
} edge_i8x16x2;
EDGE_INSTRUCTION edge_i8x16x2 edge_load_i8x16x2(const void *_Nonnull from) {
  int8x16x2_t v = vld1q_s8_x2((const int8_t *)from);
  return (edge_i8x16x2){(edge_i8x16)v.val[0], (edge_i8x16)v.val[1]};
}
// The address `distance` bytes on. It hides from the compiler where that is, so that it comes from
// the load's own addressing (`ld1 …, [x], #64`) and not from an addition of its own.
EDGE_INSTRUCTION const void *_Nonnull edge_advance(const void *_Nonnull from, long distance) {
  const void *next = (const int8_t *)from + distance;
  __asm__("" : "+r"(next));
  return next;
}
// The same distance. It hides from the compiler that it knows which, so that a load's own addressing takes it from
// a register (`ld1 …, [x], x`): the instruction has no other constant than the load's size.
EDGE_INSTRUCTION long edge_in_register(long distance) {
  __asm__("" : "+r"(distance));
  return distance;
}
// Four pieces of eight bytes, each twice in its register.
EDGE_INSTRUCTION edge_i8x16x4 edge_load_twice_i8x8x4(const void *_Nonnull from) {
  int8x16x4_t v;
  int64x2x4_t pieces = vld4q_dup_s64((const int64_t *)from);
  memcpy(&v, &pieces, sizeof v);
  return (edge_i8x16x4){(edge_i8x16)v.val[0], (edge_i8x16)v.val[1], (edge_i8x16)v.val[2],
                        (edge_i8x16)v.val[3]};
}

// Stores a run of two, four or eight bytes and returns the address `distance` bytes on: one instruction,
// which the compiler does not find.
#define EDGE_STORE_RUN(byte_count, part, lane)                                               \
  EDGE_INSTRUCTION void *_Nonnull edge_store_run##byte_count##_##lane(                       \
      void *_Nonnull at, long distance, edge_i8x16 v) {                                      \
    __asm__ volatile("st1 {%1." part "}[" #lane "], [%0], %2"                                \
                     : "+r"(at) : "w"(v), "r"(distance) : "memory");                         \
    return at;                                                                               \
  }
EDGE_STORE_RUN(2, "h", 0)
EDGE_STORE_RUN(2, "h", 1)
EDGE_STORE_RUN(2, "h", 2)
EDGE_STORE_RUN(2, "h", 3)
EDGE_STORE_RUN(4, "s", 0)
EDGE_STORE_RUN(4, "s", 1)
EDGE_STORE_RUN(4, "s", 2)
EDGE_STORE_RUN(4, "s", 3)
EDGE_STORE_RUN(8, "d", 0)
EDGE_STORE_RUN(8, "d", 1)

// w[i] * a[i], the low eight
EDGE_INSTRUCTION edge_i16x8 edge_smull(edge_i8x16 w, edge_i8x16 a) {
  return (edge_i16x8)vmull_s8(vget_low_s8((int8x16_t)w), vget_low_s8((int8x16_t)a));
}
// acc[i] + w[8 + i] * a[8 + i]
EDGE_INSTRUCTION edge_i16x8 edge_smlal2(edge_i16x8 acc, edge_i8x16 w, edge_i8x16 a) {
  return (edge_i16x8)vmlal_high_s8((int16x8_t)acc, (int8x16_t)w, (int8x16_t)a);
}
// acc[i] + v[2 i] + v[2 i + 1]
EDGE_INSTRUCTION edge_i32x4 edge_sadalp(edge_i32x4 acc, edge_i16x8 v) {
  return (edge_i32x4)vpadalq_s16((int32x4_t)acc, (int16x8_t)v);
}
// a[0] + a[1], a[2] + a[3], b[0] + b[1], b[2] + b[3]
EDGE_INSTRUCTION edge_i32x4 edge_addp(edge_i32x4 a, edge_i32x4 b) {
  return (edge_i32x4)vpaddq_s32((int32x4_t)a, (int32x4_t)b);
}
// The low, or the high, halves of both.
EDGE_INSTRUCTION edge_i32x4 edge_low_halves(edge_i32x4 a, edge_i32x4 b) {
  return __builtin_shufflevector(a, b, 0, 1, 4, 5);
}
EDGE_INSTRUCTION edge_i32x4 edge_high_halves(edge_i32x4 a, edge_i32x4 b) {
  return __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

// acc[i] += sum over j of w[4 i + j] * a[4 i + j]
EDGE_INSTRUCTION edge_i32x4 edge_sdot(edge_i32x4 acc, edge_i8x16 w, edge_i8x16 a) {
#if defined(__ARM_FEATURE_DOTPROD)
  return (edge_i32x4)vdotq_s32((int32x4_t)acc, (int8x16_t)w, (int8x16_t)a);
#else
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) acc[i] += w[4 * i + j] * a[4 * i + j];
  return acc;
#endif
}

// acc[2 i + j] += sum over k of a[8 i + k] * w[8 j + k]
EDGE_INSTRUCTION edge_i32x4 edge_smmla(edge_i32x4 acc, edge_i8x16 a, edge_i8x16 w) {
#if defined(__ARM_FEATURE_MATMUL_INT8)
  return (edge_i32x4)vmmlaq_s32((int32x4_t)acc, (int8x16_t)a, (int8x16_t)w);
#else
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 8; k++) acc[i] += a[i / 2 * 8 + k] * w[i % 2 * 8 + k];
  return acc;
#endif
}
#endif

// The low byte of each lane.
EDGE_INSTRUCTION edge_i8x16 edge_low_bytes(edge_i32x16 v) {
#if defined(__aarch64__)
  // Three shuffles; left to itself, the compiler takes a table look-up of four registers, which
  // small cores execute in many steps.
  int16x8_t parts[4];
  memcpy(parts, &v, sizeof parts);
  int8x16_t low = vreinterpretq_s8_s16(vuzp1q_s16(parts[0], parts[1]));
  int8x16_t high = vreinterpretq_s8_s16(vuzp1q_s16(parts[2], parts[3]));
  return (edge_i8x16)vuzp1q_s8(low, high);
#else
  return __builtin_convertvector(v, edge_i8x16);
#endif
}

// One native vector of sums, from lane `first` on.
EDGE_INSTRUCTION edge_native_i32 edge_native_part(edge_sums v, long first) {
  edge_native_i32 part;
  memcpy(&part, (const int32_t *)&v + first, sizeof part);
  return part;
}
