// The build's best int8 multiply-add on whole registers, for measuring what the processor can do at
// most. The instructions are written out as assembly, because the compiler would take products that
// do not change out of a loop; one wrapper, one instruction.
//
// Sets with a fused multiply-add use `edge_peak_fused`; the others widen in three steps:
// `edge_peak_low`, `edge_peak_high`, `edge_peak_widen`.
#pragma once
#include <stdint.h>
#include "instructions.h"

typedef int32_t edge_i32x8 __attribute__((ext_vector_type(8)));

#if defined(__x86_64__)
#if defined(__AVX512VNNI__)
#define EDGE_PEAK_FUSED(acc, a, b) __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b))
#define EDGE_PEAK_MACS 64
#define EDGE_PEAK_NAME "vpdpbusd zmm"
typedef edge_i32x16 edge_peak_vector;
#elif defined(__AVX512BW__)
#define EDGE_PEAK_MACS 64
#define EDGE_PEAK_NAME "vpmaddubsw + vpmaddwd + vpaddd zmm"
typedef edge_i32x16 edge_peak_vector;
#elif defined(__AVX2__)
#define EDGE_PEAK_MACS 32
#define EDGE_PEAK_NAME "vpmaddubsw + vpmaddwd + vpaddd ymm"
typedef edge_i32x8 edge_peak_vector;
#else
// No program is built for less than AVX2; this only compiles.
#define EDGE_PEAK_MACS 4
#define EDGE_PEAK_NAME "none"
typedef edge_i32x4 edge_peak_vector;
#define EDGE_PEAK_LOW(t, a, b) t = a * b
#define EDGE_PEAK_HIGH(t, a, b) (void)a, (void)b
#define EDGE_PEAK_WIDEN(acc, t) acc += t
#endif
#if defined(__AVX2__)
// t = pairs of products of a and b, 16 bits
#define EDGE_PEAK_LOW(t, a, b) __asm__ volatile("vpmaddubsw %2, %1, %0" : "=v"(t) : "v"(a), "v"(b))
// t = sums of pairs of t, 32 bits; b holds ones
#define EDGE_PEAK_HIGH(t, a, b) __asm__ volatile("vpmaddwd %1, %0, %0" : "+v"(t) : "v"(b))
#define EDGE_PEAK_WIDEN(acc, t) __asm__ volatile("vpaddd %1, %0, %0" : "+v"(acc) : "v"(t))
#endif

#else
typedef edge_i32x4 edge_peak_vector;
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define EDGE_PEAK_FUSED(acc, a, b) \
  __asm__ volatile("smmla %0.4s, %1.16b, %2.16b" : "+w"(acc) : "w"(a), "w"(b))
#define EDGE_PEAK_MACS 32
#define EDGE_PEAK_NAME "smmla"
#elif defined(__ARM_FEATURE_DOTPROD)
#define EDGE_PEAK_FUSED(acc, a, b) \
  __asm__ volatile("sdot %0.4s, %1.16b, %2.16b" : "+w"(acc) : "w"(a), "w"(b))
#define EDGE_PEAK_MACS 16
#define EDGE_PEAK_NAME "sdot"
#else
#define EDGE_PEAK_MACS 16
#define EDGE_PEAK_NAME "smull + smlal2 + sadalp"
#endif
// t = products of the low halves of a and b, 16 bits
#define EDGE_PEAK_LOW(t, a, b) \
  __asm__ volatile("smull %0.8h, %1.8b, %2.8b" : "=w"(t) : "w"(a), "w"(b))
// t += products of the high halves
#define EDGE_PEAK_HIGH(t, a, b) \
  __asm__ volatile("smlal2 %0.8h, %1.16b, %2.16b" : "+w"(t) : "w"(a), "w"(b))
// acc += sums of pairs of t, 32 bits
#define EDGE_PEAK_WIDEN(acc, t) __asm__ volatile("sadalp %0.4s, %1.8h" : "+w"(acc) : "w"(t))
#endif

#if defined(EDGE_PEAK_FUSED)
EDGE_INSTRUCTION _Bool edge_peak_is_fused(void) { return 1; }
#else
EDGE_INSTRUCTION _Bool edge_peak_is_fused(void) { return 0; }
#define EDGE_PEAK_FUSED(acc, a, b) (void)a, (void)b
#endif

EDGE_INSTRUCTION edge_peak_vector
edge_peak_fused(edge_peak_vector acc, edge_peak_vector a, edge_peak_vector b) {
  EDGE_PEAK_FUSED(acc, a, b);
  return acc;
}
EDGE_INSTRUCTION edge_peak_vector edge_peak_low(edge_peak_vector a, edge_peak_vector b) {
  edge_peak_vector t;
  EDGE_PEAK_LOW(t, a, b);
  return t;
}
EDGE_INSTRUCTION edge_peak_vector
edge_peak_high(edge_peak_vector t, edge_peak_vector a, edge_peak_vector b) {
  EDGE_PEAK_HIGH(t, a, b);
  return t;
}
EDGE_INSTRUCTION edge_peak_vector edge_peak_widen(edge_peak_vector acc, edge_peak_vector t) {
  EDGE_PEAK_WIDEN(acc, t);
  return acc;
}

// A use of a value that the compiler cannot take away.
EDGE_INSTRUCTION void edge_keep(uint64_t value) { __asm__ volatile("" : : "r"(value)); }

// int8 products that a fused step, or the three steps together, add up.
EDGE_INSTRUCTION int32_t edge_peak_macs(void) { return EDGE_PEAK_MACS; }
// The instructions' names, zero-terminated.
EDGE_INSTRUCTION const char *edge_peak_name(void) { return EDGE_PEAK_NAME; }
