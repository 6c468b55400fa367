// Instructions for products of packed 4- to 6-bit codes. A register holds the codes of four
// consecutive K values of as many outputs as a register of sums has lanes. As in instructions.h, a
// wrapper whose instruction the build lacks computes the definition.
#pragma once
#include "convert.h"
#include "int8.h"

#if defined(__AVX512VNNI__)
typedef uint8_t edge_codes __attribute__((ext_vector_type(64)));
typedef edge_i32x16 edge_code_sums;
typedef edge_f32x16 edge_code_floats;
typedef _Float16 edge_code_halves __attribute__((ext_vector_type(16)));
#elif defined(__x86_64__)
typedef uint8_t edge_codes __attribute__((ext_vector_type(32)));
typedef edge_i32x8 edge_code_sums;
typedef edge_f32x8 edge_code_floats;
typedef _Float16 edge_code_halves __attribute__((ext_vector_type(8)));
#else
typedef uint8_t edge_codes __attribute__((ext_vector_type(16)));
typedef edge_i32x4 edge_code_sums;
typedef edge_f32x4 edge_code_floats;
typedef _Float16 edge_code_halves __attribute__((ext_vector_type(4)));
#endif
#define EDGE_CODE_LANES (sizeof(edge_code_sums) / 4)
typedef int8_t edge_code_bytes __attribute__((ext_vector_type(EDGE_CODE_LANES)));
typedef uint8_t edge_code_octets __attribute__((ext_vector_type(EDGE_CODE_LANES)));

// What the 16 levels' codes have added to them, so that unsigned by signed products take them.
EDGE_INSTRUCTION int32_t edge_level_bias(void) {
#if defined(__AVX512VNNI__)
  return 128;
#else
  return 0;
#endif
}

// Whether products take signed codes. If not, they take codes with their offset, and what the offset
// adds is taken from the sums. Signed codes of four bits are stored as two's complement.
EDGE_INSTRUCTION _Bool edge_codes_are_signed(void) {
#if defined(__aarch64__)
  return 1;
#else
  return 0;
#endif
}

// Whether a byte of four-bit codes without levels holds those of two outputs for the same K value, so
// that one product of all its bits serves both.
EDGE_INSTRUCTION _Bool edge_codes_are_paired(void) {
#if defined(__ARM_FEATURE_DOTPROD)
  return 1;
#else
  return 0;
#endif
}
// Puts other bits into the places of `mask`. Threads may write different places of a word at a time.
EDGE_INSTRUCTION void edge_set_bits(void *_Nonnull at, uint32_t bits, uint32_t mask) {
  uint32_t *word = (uint32_t *)at;
  uint32_t before = __atomic_load_n(word, __ATOMIC_RELAXED);
  __atomic_fetch_xor(word, (before & mask) ^ bits, __ATOMIC_RELAXED);
}

EDGE_INSTRUCTION edge_codes edge_load_codes(const void *_Nonnull from) {
  edge_codes v;
  memcpy(&v, from, sizeof v);
  return v;
}
EDGE_INSTRUCTION void edge_store_codes(edge_codes v, void *_Nonnull to) {
  memcpy(to, &v, sizeof v);
}
EDGE_INSTRUCTION edge_codes edge_low_codes(edge_codes v) { return v & 15; }
EDGE_INSTRUCTION edge_codes edge_high_codes(edge_codes v) { return v >> 4; }
// Sixteen times signed codes: there is no room for a sign below.
EDGE_INSTRUCTION edge_codes edge_low_signed_codes(edge_codes v) { return v << 4; }
EDGE_INSTRUCTION edge_codes edge_high_signed_codes(edge_codes v) { return v & 0xF0; }
EDGE_INSTRUCTION edge_codes edge_change_codes(edge_codes v, uint8_t change) { return v ^ change; }
EDGE_INSTRUCTION edge_codes edge_subtract_codes(edge_codes v, long offset) {
  return v - (uint8_t)offset;
}
// codes with one, or two, bits of `plane` from `place` on as their fifth and sixth.
EDGE_INSTRUCTION edge_codes edge_with_fifth_bit(edge_codes codes, edge_codes plane, long place) {
  return codes | (plane >> (uint8_t)place & 1) << 4;
}
EDGE_INSTRUCTION edge_codes edge_with_two_bits(edge_codes codes, edge_codes plane, long place) {
  return codes | (plane >> (uint8_t)place & 3) << 4;
}
// The level of each code, plus `edge_level_bias`.
EDGE_INSTRUCTION edge_codes edge_levels_of_codes(edge_convert_i8x16 levels, edge_codes codes) {
  levels += (int8_t)edge_level_bias();
#if defined(__AVX512VNNI__)
  __m512i table = _mm512_broadcast_i32x4((__m128i)levels);
  return (edge_codes)_mm512_shuffle_epi8(table, (__m512i)codes);
#elif defined(__AVX2__)
  __m256i table = _mm256_broadcastsi128_si256((__m128i)levels);
  return (edge_codes)_mm256_shuffle_epi8(table, (__m256i)codes);
#elif defined(__aarch64__)
  return (edge_codes)vqtbl1q_u8((uint8x16_t)levels, (uint8x16_t)codes);
#else
  for (unsigned i = 0; i < sizeof codes; i++) codes[i] = (uint8_t)levels[codes[i] & 15];
  return codes;
#endif
}

// Sixteen activations: four runs of four K values. x86 repeats a run as it reads it from memory.
#if defined(__aarch64__)
typedef edge_i8x16 edge_runs;
EDGE_INSTRUCTION edge_runs edge_load_runs(const void *_Nonnull from) {
  edge_runs v;
  memcpy(&v, from, sizeof v);
  return v;
}
#else
typedef const int8_t *_Nonnull edge_runs;
EDGE_INSTRUCTION edge_runs edge_load_runs(const void *_Nonnull from) {
  return (const int8_t *)from;
}
#endif

// sums[i] += sum over j of codes[4 i + j] * runs[4 run + j]. Codes are below 128, or signed levels,
// or with AVX-512 any unsigned bytes.
#if defined(__x86_64__)
EDGE_INSTRUCTION edge_code_sums edge_dot_codes(edge_code_sums sums, edge_codes codes,
                                               edge_runs runs, long run, _Bool are_signed) {
  int32_t four;
  memcpy(&four, runs + 4 * run, sizeof four);
#if defined(__AVX512VNNI__)
  return (edge_i32x16)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)codes, _mm512_set1_epi32(four));
#elif defined(__AVX2__)
  __m256i a = _mm256_set1_epi32(four), w = (__m256i)codes;
  __m256i pairs = are_signed ? _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(a, w))
                             : _mm256_maddubs_epi16(w, a);
  return sums + (edge_i32x8)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#else
  for (unsigned i = 0; i < EDGE_CODE_LANES; i++)
    for (int j = 0; j < 4; j++) sums[i] += (int8_t)codes[4 * i + j] * runs[4 * run + j];
  return sums;
#endif
}
#else
#define EDGE_DOT_CODES(run)                                                                   \
  EDGE_INSTRUCTION edge_code_sums edge_dot_codes_##run(edge_code_sums sums, edge_codes codes,  \
                                                       edge_runs runs) {                      \
    EDGE_DOT_RUN(run)                                                                         \
  }
#if defined(__ARM_FEATURE_DOTPROD)
#define EDGE_DOT_RUN(run) return edge_sdot_lane##run(sums, (edge_i8x16)codes, runs);
#else
// Two widening products, a sum of pairs in 16 bits, in which 2 * 128 * 127 fits, and one in 32.
#define EDGE_DOT_RUN(run)                                                                     \
  int8x16_t a = vreinterpretq_s8_s32(vdupq_laneq_s32((int32x4_t)runs, run));                  \
  int16x8_t low = vmull_s8(vget_low_s8((int8x16_t)codes), vget_low_s8(a));                    \
  int16x8_t high = vmull_high_s8((int8x16_t)codes, a);                                        \
  return (edge_i32x4)vpadalq_s16((int32x4_t)sums, vpaddq_s16(low, high));
#endif
EDGE_DOT_CODES(0)
EDGE_DOT_CODES(1)
EDGE_DOT_CODES(2)
EDGE_DOT_CODES(3)
// Swift calls it unsafe as on x86, where runs are an address: kernels are the same text for both.
__attribute__((swift_attr("unsafe")))
EDGE_INSTRUCTION edge_code_sums edge_dot_codes(edge_code_sums sums, edge_codes codes,
                                               edge_runs runs, long run, _Bool are_signed) {
  return run == 0   ? edge_dot_codes_0(sums, codes, runs)
         : run == 1 ? edge_dot_codes_1(sums, codes, runs)
         : run == 2 ? edge_dot_codes_2(sums, codes, runs)
                    : edge_dot_codes_3(sums, codes, runs);
}
#endif

// The scales of four tokens.
EDGE_INSTRUCTION edge_f32x4 edge_load_f32x4(const float *_Nonnull from) {
  edge_f32x4 v;
  memcpy(&v, from, sizeof v);
  return v;
}
// Sums and factors of the outputs of a register.
EDGE_INSTRUCTION edge_code_sums edge_repeat_sum(int32_t value) { return (edge_code_sums)value; }
EDGE_INSTRUCTION edge_code_sums edge_add_sums(edge_code_sums a, edge_code_sums b) { return a + b; }
EDGE_INSTRUCTION edge_code_sums edge_multiply_add_sums(edge_code_sums sum, edge_code_sums a,
                                                       edge_code_sums b) {
  return sum + a * b;
}
// Two numbers of 16 bits in one of 32.
EDGE_INSTRUCTION int32_t edge_pair(int32_t low, int32_t high) {
  return (int32_t)((uint32_t)high << 16 | (uint16_t)low);
}
EDGE_INSTRUCTION edge_code_sums edge_pair_factors(edge_code_sums low, edge_code_sums high) {
  return high << 16 | (low & 0xFFFF);
}
// sums + the products of the low numbers and of the high ones.
EDGE_INSTRUCTION edge_code_sums edge_add_pair_products(edge_code_sums sums, edge_code_sums a,
                                                       edge_code_sums b) {
#if defined(__AVX512VNNI__)
  return (edge_code_sums)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return sums + (edge_code_sums)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#else
  return sums + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}
EDGE_INSTRUCTION edge_code_sums edge_load_signed_factors(const void *_Nonnull from) {
  edge_code_bytes v;
  memcpy(&v, from, sizeof v);
  return __builtin_convertvector(v, edge_code_sums);
}
EDGE_INSTRUCTION edge_code_sums edge_load_unsigned_factors(const void *_Nonnull from) {
  edge_code_octets v;
  memcpy(&v, from, sizeof v);
  return __builtin_convertvector(v, edge_code_sums);
}
// Of four groups' unsigned factors that lie together for each output: those of the first group, and the
// register with the next group's in their place.
EDGE_INSTRUCTION edge_code_sums edge_first_factors(edge_codes runs) {
  return (edge_code_sums)runs & 255;
}
EDGE_INSTRUCTION edge_codes edge_next_factors(edge_codes runs) {
  typedef uint32_t words __attribute__((ext_vector_type(EDGE_CODE_LANES)));
  return (edge_codes)((words)runs >> 8);
}
EDGE_INSTRUCTION edge_code_floats edge_load_half_factors(const void *_Nonnull from) {
  edge_code_halves v;
  memcpy(&v, from, sizeof v);
  return __builtin_convertvector(v, edge_code_floats);
}
EDGE_INSTRUCTION edge_code_sums edge_load_sums(const void *_Nonnull from) {
  edge_code_sums v;
  memcpy(&v, from, sizeof v);
  return v;
}
EDGE_INSTRUCTION void edge_store_sums(edge_code_sums v, void *_Nonnull to) {
  memcpy(to, &v, sizeof v);
}
EDGE_INSTRUCTION edge_code_floats edge_load_factors(const void *_Nonnull from) {
  edge_code_floats v;
  memcpy(&v, from, sizeof v);
  return v;
}
EDGE_INSTRUCTION void edge_store_factors(edge_code_floats v, void *_Nonnull to) {
  memcpy(to, &v, sizeof v);
}
EDGE_INSTRUCTION edge_code_floats edge_sums_to_floats(edge_code_sums v) {
  return __builtin_convertvector(v, edge_code_floats);
}
EDGE_INSTRUCTION edge_code_floats edge_scale_factors(edge_code_floats v, float scale) {
  return v * scale;
}
#if defined(__aarch64__)
// a - b, and a * b
EDGE_INSTRUCTION edge_code_sums edge_subtract_sums(edge_code_sums a, edge_code_sums b) {
  return a - b;
}
EDGE_INSTRUCTION edge_code_sums edge_multiply_sums(edge_code_sums a, edge_code_sums b) {
  return a * b;
}
// The same address. What is read from there comes after `product` in the program: the compiler would
// else mix the work of two groups and run out of registers.
EDGE_INSTRUCTION const void *_Nonnull edge_after(const void *_Nonnull from,
                                                 edge_code_floats product) {
  __asm__("" : "+r"(from) : "w"(product));
  return from;
}
EDGE_INSTRUCTION const void *_Nonnull edge_after_sums(const void *_Nonnull from,
                                                      edge_code_sums sums) {
  __asm__("" : "+r"(from) : "w"(sums));
  return from;
}
// A number in all lanes.
EDGE_INSTRUCTION edge_code_sums edge_load_repeated_sum(const int32_t *_Nonnull from) {
  return (edge_code_sums)vld1q_dup_s32(from);
}
EDGE_INSTRUCTION edge_code_sums edge_lifted_sums(edge_code_sums v, long bits) {
  return v << (int32_t)bits;
}
// Where the factors of one group lie, of four that lie together for each of four outputs. It hides the
// register from the compiler, which would read it from memory each time.
EDGE_INSTRUCTION edge_codes edge_factor_places(long group) {
  edge_codes v;
  for (unsigned i = 0; i < sizeof v; i++) v[i] = i % 4 == 0 ? (uint8_t)(i + group) : 255;
  __asm__("" : "+w"(v));
  return v;
}
EDGE_INSTRUCTION edge_code_sums edge_factors_at(edge_codes runs, edge_codes places) {
  return (edge_code_sums)vqtbl1q_u8((uint8x16_t)runs, (uint8x16_t)places);
}
EDGE_INSTRUCTION edge_code_sums edge_last_factors(edge_codes runs) {
  return (edge_code_sums)vshrq_n_u32((uint32x4_t)runs, 24);
}
// Of four registers with a number of each of four tokens: the numbers' lowest bytes, those of a token together.
EDGE_INSTRUCTION edge_runs edge_lowest_bytes(edge_code_sums a, edge_code_sums b, edge_code_sums c,
                                             edge_code_sums d) {
  uint8x16x4_t v = {{(uint8x16_t)a, (uint8x16_t)b, (uint8x16_t)c, (uint8x16_t)d}};
  uint8x16_t places = {0, 16, 32, 48, 4, 20, 36, 52, 8, 24, 40, 56, 12, 28, 44, 60};
  return (edge_runs)vqtbl4q_u8(v, places);
}
// What is above the lowest bytes if they are signed.
EDGE_INSTRUCTION edge_code_sums edge_above_lowest_bytes(edge_code_sums v) {
  return (edge_code_sums)vrshrq_n_s32((int32x4_t)v, 8);
}
// Two runs of four outputs, one run behind the other for each output: the first two outputs, and the last.
EDGE_INSTRUCTION edge_codes edge_join_low_runs(edge_codes a, edge_codes b) {
  return (edge_codes)vzip1q_u32((uint32x4_t)a, (uint32x4_t)b);
}
EDGE_INSTRUCTION edge_codes edge_join_high_runs(edge_codes a, edge_codes b) {
  return (edge_codes)vzip2q_u32((uint32x4_t)a, (uint32x4_t)b);
}
// Spread codes with other codes' bits above them, as numbers times a power of two.
EDGE_INSTRUCTION edge_codes edge_lifted_codes(edge_codes v, long bits) { return v << (uint8_t)bits; }
// The numbers.
EDGE_INSTRUCTION edge_codes edge_spread_numbers(edge_codes v, long bits) {
  return (edge_codes)((edge_i8x16)v >> (int8_t)bits);
}
// Four times the codes of six bits of which two each are at the top of three registers.
EDGE_INSTRUCTION edge_codes edge_codes_above_three(edge_codes low, edge_codes middle,
                                                   edge_codes high) {
  uint8x16_t v = vsriq_n_u8((uint8x16_t)high, (uint8x16_t)middle, 2);
  return (edge_codes)vsriq_n_u8(v, (uint8x16_t)low, 4) & 0xFC;
}
// Eight times the codes of five bits of which three are at the top of one register and two of the other.
EDGE_INSTRUCTION edge_codes edge_codes_above_two(edge_codes high, edge_codes low) {
  return (edge_codes)vsriq_n_u8((uint8x16_t)high, (uint8x16_t)low, 3) & 0xF8;
}
// The same of which one each is the third from the top of two others.
EDGE_INSTRUCTION edge_codes edge_codes_above_rest(edge_codes high, edge_codes middle,
                                                  edge_codes low) {
  uint8x16_t v = vsriq_n_u8((uint8x16_t)high, vshlq_n_u8((uint8x16_t)middle, 2), 3);
  return (edge_codes)vsriq_n_u8(v, vshlq_n_u8((uint8x16_t)low, 2), 4) & 0xF8;
}
// Factors of eight outputs, in registers of four.
typedef struct {
  edge_code_sums low, high;
} edge_code_sum_pair;
typedef struct {
  edge_code_floats low, high;
} edge_code_float_pair;
EDGE_INSTRUCTION edge_code_float_pair edge_load_half_factor_pair(const void *_Nonnull from) {
  float16x8_t v = vreinterpretq_f16_u16(vld1q_u16((const uint16_t *)from));
  return (edge_code_float_pair){(edge_code_floats)vcvt_f32_f16(vget_low_f16(v)),
                                (edge_code_floats)vcvt_high_f32_f16(v)};
}
EDGE_INSTRUCTION edge_code_sum_pair edge_load_signed_factor_pair(const void *_Nonnull from) {
  int16x8_t v = vmovl_s8(vld1_s8((const int8_t *)from));
  return (edge_code_sum_pair){(edge_code_sums)vmovl_s16(vget_low_s16(v)),
                              (edge_code_sums)vmovl_high_s16(v)};
}
// The same after all sums of a tile.
EDGE_INSTRUCTION const void *_Nonnull edge_after_tile(const void *_Nonnull from, edge_code_sums a,
                                                      edge_code_sums b, edge_code_sums c,
                                                      edge_code_sums d, edge_code_sums e,
                                                      edge_code_sums f, edge_code_sums g,
                                                      edge_code_sums h) {
  __asm__("" : "+r"(from) : "w"(a), "w"(b), "w"(c), "w"(d), "w"(e), "w"(f), "w"(g), "w"(h));
  return from;
}
#endif
EDGE_INSTRUCTION edge_code_floats edge_multiply_factors(edge_code_floats a, edge_code_floats b) {
  return a * b;
}
// sum + a * b, rounded once.
EDGE_INSTRUCTION edge_code_floats edge_fma_factors(edge_code_floats sum, edge_code_floats a,
                                                   edge_code_floats b) {
  return __builtin_elementwise_fma(a, b, sum);
}
EDGE_INSTRUCTION edge_code_floats edge_fma_factor(edge_code_floats sum, edge_code_floats a,
                                                  float b) {
  return __builtin_elementwise_fma(a, (edge_code_floats)b, sum);
}
