// One wrapper for each instruction that Swift cannot name. Where the build's instruction set lacks
// the instruction, the wrapper computes its definition in plain C, so that every path compiles
// everywhere; `edge_has_…` tells which case holds and is a constant to the optimizer.
#pragma once
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef float edge_f32x4 __attribute__((ext_vector_type(4)));
typedef float edge_f32x16 __attribute__((ext_vector_type(16)));
typedef _Float16 edge_f16x4 __attribute__((ext_vector_type(4)));
typedef _Float16 edge_f16x8 __attribute__((ext_vector_type(8)));
typedef _Float16 edge_f16x16 __attribute__((ext_vector_type(16)));
typedef _Float16 edge_f16x32 __attribute__((ext_vector_type(32)));
typedef double edge_f64x8 __attribute__((ext_vector_type(8)));
typedef int32_t edge_i32x4 __attribute__((ext_vector_type(4)));
typedef int32_t edge_i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t edge_u32x16 __attribute__((ext_vector_type(16)));
typedef int8_t edge_i8x16 __attribute__((ext_vector_type(16)));

#define EDGE_INSTRUCTION static inline __attribute__((always_inline))

// Lanes i and i ^ distance change places.
EDGE_INSTRUCTION edge_f32x16 edge_swap_by_1(edge_f32x16 v) {
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
}
EDGE_INSTRUCTION edge_f32x16 edge_swap_by_2(edge_f32x16 v) {
  return __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}
EDGE_INSTRUCTION edge_f32x16 edge_swap_by_4(edge_f32x16 v) {
  return __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
}
EDGE_INSTRUCTION edge_f32x16 edge_swap_by_8(edge_f32x16 v) {
  return __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
}

// The greater of each pair of lanes; which one of a number and NaN is left open.
#if defined(__x86_64__)
#define EDGE_MAX(a, b) ((a) > (b) ? (a) : (b))
#else
#define EDGE_MAX(a, b) __builtin_elementwise_max(a, b)
#endif
EDGE_INSTRUCTION edge_f32x16 edge_abs_f32x16(edge_f32x16 v) { return __builtin_elementwise_abs(v); }
EDGE_INSTRUCTION edge_f32x16 edge_max_f32x16(edge_f32x16 a, edge_f32x16 b) {
  return EDGE_MAX(a, b);
}
EDGE_INSTRUCTION edge_f32x4 edge_f32x4_swap_by_1(edge_f32x4 v) {
  return __builtin_shufflevector(v, v, 1, 0, 3, 2);
}
EDGE_INSTRUCTION edge_f32x4 edge_f32x4_swap_by_2(edge_f32x4 v) {
  return __builtin_shufflevector(v, v, 2, 3, 0, 1);
}

// Conversions between Float16 in memory and wider lanes.
EDGE_INSTRUCTION edge_f32x16 edge_load_f16x16(const void *from) {
  edge_f16x16 h;
  memcpy(&h, from, sizeof h);
  return __builtin_convertvector(h, edge_f32x16);
}

EDGE_INSTRUCTION edge_f16x4 edge_to_f16x4(edge_f32x4 v) {
  return __builtin_convertvector(v, edge_f16x4);
}
EDGE_INSTRUCTION edge_f32x4 edge_f16x4_to_f32(edge_f16x4 v) {
  return __builtin_convertvector(v, edge_f32x4);
}

EDGE_INSTRUCTION edge_f64x8 edge_load_f16x8_to_f64(const void *from) {
  edge_f16x8 h;
  memcpy(&h, from, sizeof h);
  return __builtin_convertvector(h, edge_f64x8);
}

EDGE_INSTRUCTION edge_u32x16 edge_min_u32x16(edge_u32x16 a, edge_u32x16 b) {
  return __builtin_elementwise_min(a, b);
}
EDGE_INSTRUCTION edge_u32x16 edge_max_u32x16(edge_u32x16 a, edge_u32x16 b) {
  return __builtin_elementwise_max(a, b);
}
EDGE_INSTRUCTION uint32_t edge_least_u32x16(edge_u32x16 v) { return __builtin_reduce_min(v); }
EDGE_INSTRUCTION uint32_t edge_largest_u32x16(edge_u32x16 v) { return __builtin_reduce_max(v); }
EDGE_INSTRUCTION uint32_t edge_sum_u32x16(edge_u32x16 v) { return __builtin_reduce_add(v); }

// One more in each lane of `counts` whose value is at most `limit`.
EDGE_INSTRUCTION edge_u32x16 edge_count_at_most(edge_u32x16 counts, edge_u32x16 values,
                                               uint32_t limit) {
  return counts - (edge_u32x16)(values <= limit);
}

// A bit for each lane that is at least `limit`, `edge_bits_per_lane` bits apart.
EDGE_INSTRUCTION uint64_t edge_lanes_at_least(edge_f32x16 v, float limit) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)v, _mm512_set1_ps(limit), _CMP_GE_OQ);
#elif defined(__AVX2__)
  __m256 parts[2], all = _mm256_set1_ps(limit);
  memcpy(parts, &v, sizeof parts);
  int low = _mm256_movemask_ps(_mm256_cmp_ps(parts[0], all, _CMP_GE_OQ));
  int high = _mm256_movemask_ps(_mm256_cmp_ps(parts[1], all, _CMP_GE_OQ));
  return (uint64_t)(low | high << 8);
#elif defined(__aarch64__)
  float32x4_t parts[4], all = vdupq_n_f32(limit);
  memcpy(parts, &v, sizeof parts);
  uint16x8_t low = vuzp1q_u16((uint16x8_t)vcgeq_f32(parts[0], all),
                              (uint16x8_t)vcgeq_f32(parts[1], all));
  uint16x8_t high = vuzp1q_u16((uint16x8_t)vcgeq_f32(parts[2], all),
                               (uint16x8_t)vcgeq_f32(parts[3], all));
  uint8x16_t bytes = vuzp1q_u8((uint8x16_t)low, (uint8x16_t)high);
  // Four bits of each byte.
  uint8x8_t nibbles = vshrn_n_u16((uint16x8_t)bytes, 4);
  return vget_lane_u64((uint64x1_t)nibbles, 0) & 0x1111111111111111;
#else
  uint64_t bits = 0;
  for (int i = 0; i < 16; i++) bits |= (uint64_t)(v[i] >= limit) << i;
  return bits;
#endif
}
EDGE_INSTRUCTION long edge_bits_per_lane(void) {
#if defined(__aarch64__)
  return 4;
#else
  return 1;
#endif
}

// The nearest Float32 to the square root. (Swift's own call goes through the C library's errno.)
EDGE_INSTRUCTION float edge_square_root(float x) {
#if defined(__x86_64__)
  return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)));
#else
  return vget_lane_f32(vsqrt_f32(vdup_n_f32(x)), 0);
#endif
}

// acc[i] += sum over j of unsigned a[4 i + j] * signed w[4 i + j]
#if defined(__AVX512VNNI__)
EDGE_INSTRUCTION _Bool edge_has_vnni(void) { return 1; }
EDGE_INSTRUCTION edge_i32x16 edge_dpbusd(edge_i32x16 acc, edge_i32x16 a, edge_i32x16 w) {
  return (edge_i32x16)_mm512_dpbusd_epi32((__m512i)acc, (__m512i)a, (__m512i)w);
}
#else
EDGE_INSTRUCTION _Bool edge_has_vnni(void) { return 0; }
EDGE_INSTRUCTION edge_i32x16 edge_dpbusd(edge_i32x16 acc, edge_i32x16 a, edge_i32x16 w) {
  for (int i = 0; i < 16; i++)
    for (int j = 0; j < 32; j += 8) acc[i] += (int)(uint8_t)(a[i] >> j) * (int8_t)(w[i] >> j);
  return acc;
}
#endif

// acc[i] += sum over j of signed w[4 i + j] * a[4 lane + j]
#if defined(__ARM_FEATURE_DOTPROD)
EDGE_INSTRUCTION _Bool edge_has_dot_product(void) { return 1; }
#define EDGE_SDOT_LANE(lane)                                                                \
  EDGE_INSTRUCTION edge_i32x4 edge_sdot_lane##lane(edge_i32x4 acc, edge_i8x16 w, edge_i8x16 a) { \
    return (edge_i32x4)vdotq_laneq_s32((int32x4_t)acc, (int8x16_t)w, (int8x16_t)a, lane);   \
  }
#else
EDGE_INSTRUCTION _Bool edge_has_dot_product(void) { return 0; }
#define EDGE_SDOT_LANE(lane)                                                                \
  EDGE_INSTRUCTION edge_i32x4 edge_sdot_lane##lane(edge_i32x4 acc, edge_i8x16 w, edge_i8x16 a) { \
    for (int i = 0; i < 4; i++)                                                             \
      for (int j = 0; j < 4; j++) acc[i] += w[4 * i + j] * a[4 * lane + j];                 \
    return acc;                                                                             \
  }
#endif
EDGE_SDOT_LANE(0)
EDGE_SDOT_LANE(1)
EDGE_SDOT_LANE(2)
EDGE_SDOT_LANE(3)

// What the compiler was allowed to use anywhere in this build, beyond the architecture's baseline.
#define EDGE_BUILT_WITH(name, condition) \
  EDGE_INSTRUCTION _Bool edge_built_with_##name(void) { return condition; }
#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
EDGE_BUILT_WITH(avx2, 1)
#else
EDGE_BUILT_WITH(avx2, 0)
#endif
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
EDGE_BUILT_WITH(avx512, 1)
#else
EDGE_BUILT_WITH(avx512, 0)
#endif
#if defined(__AVX512FP16__)
EDGE_BUILT_WITH(avx512_fp16, 1)
#else
EDGE_BUILT_WITH(avx512_fp16, 0)
#endif
#if defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
EDGE_BUILT_WITH(fp16, 1)
#else
EDGE_BUILT_WITH(fp16, 0)
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
EDGE_BUILT_WITH(i8mm, 1)
#else
EDGE_BUILT_WITH(i8mm, 0)
#endif
#if defined(__ARM_FEATURE_ATOMICS)
EDGE_BUILT_WITH(atomics, 1)
#else
EDGE_BUILT_WITH(atomics, 0)
#endif
#if defined(__ARM_FEATURE_BF16)
EDGE_BUILT_WITH(bf16, 1)
#else
EDGE_BUILT_WITH(bf16, 0)
#endif

#if defined(__x86_64__)
// One register (0 to 3: EAX, EBX, ECX, EDX) of the processor's own description.
EDGE_INSTRUCTION uint32_t edge_cpuid(uint32_t leaf, uint32_t subleaf, int32_t which) {
  uint32_t r[4];
  __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(subleaf));
  return r[which & 3];
}
// The register states that the system saves: XCR0.
EDGE_INSTRUCTION uint64_t edge_xgetbv(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}
#endif
