// Lanes that lie at addresses of their own.
#pragma once
#include "instructions.h"

// Eight addresses.
typedef struct {
  void *_Nonnull p0, *_Nonnull p1, *_Nonnull p2, *_Nonnull p3, *_Nonnull p4, *_Nonnull p5,
      *_Nonnull p6, *_Nonnull p7;
} edge_places8;
// Puts each of eight numbers at its address, and returns what was there. The addresses go `distance`
// bytes on.
EDGE_INSTRUCTION edge_f16x8 edge_exchange_f16x8(
    edge_places8 *_Nonnull at, long distance, const void *_Nonnull from) {
#if defined(__aarch64__)
  edge_f16x8 old, new;
  memcpy(&new, from, sizeof new);
#define EDGE_EXCHANGE(i)                                                                     \
  __asm__ volatile("ld1 {%0.h}[" #i "], [%1]\n\tst1 {%2.h}[" #i "], [%1], %3"                \
                   : "+w"(old), "+r"(at->p##i) : "w"(new), "r"(distance) : "memory");
  __asm__ volatile("ldr %h0, [%1]\n\tst1 {%2.h}[0], [%1], %3"
                   : "=&w"(old), "+r"(at->p0) : "w"(new), "r"(distance) : "memory");
#else
  // Not by lanes: one execution port of x86 does all moves between lanes.
  const uint16_t *next = (const uint16_t *)from;
  uint64_t old[2] = {0, 0};
#define EDGE_EXCHANGE(i)                                                                     \
  {                                                                                          \
    old[i / 4] |= (uint64_t)*(uint16_t *)at->p##i << (i % 4 * 16);                           \
    *(uint16_t *)at->p##i = next[i];                                                         \
    at->p##i = (char *)at->p##i + distance;                                                  \
  }
  EDGE_EXCHANGE(0)
#endif
  EDGE_EXCHANGE(1)
  EDGE_EXCHANGE(2)
  EDGE_EXCHANGE(3)
  EDGE_EXCHANGE(4)
  EDGE_EXCHANGE(5)
  EDGE_EXCHANGE(6)
  EDGE_EXCHANGE(7)
#undef EDGE_EXCHANGE
  edge_f16x8 result;
  memcpy(&result, &old, sizeof result);
  return result;
}
EDGE_INSTRUCTION edge_f64x8 edge_f16x8_to_f64(edge_f16x8 v) {
  return __builtin_convertvector(v, edge_f64x8);
}
