#ifndef STELLA_BITS_H
#define STELLA_BITS_H

#include <stdbool.h>
#include <stdint.h>

/// Words of a bitmap over the 1,024 events of a batch. Bit `i % 64` of word `i / 64` stands for event `i`.
#define STELLA_BITS_WORDS 16

static inline void stella_bits_clear(uint64_t *bits) {
  for (int i = 0; i < STELLA_BITS_WORDS; i++) bits[i] = 0;
}

static inline void stella_bits_copy(uint64_t *result, const uint64_t *a) {
  for (int i = 0; i < STELLA_BITS_WORDS; i++) result[i] = a[i];
}

static inline void stella_bits_or(uint64_t *result, const uint64_t *a) {
  for (int i = 0; i < STELLA_BITS_WORDS; i++) result[i] |= a[i];
}

static inline void stella_bits_and(uint64_t *result, const uint64_t *a, const uint64_t *b) {
  for (int i = 0; i < STELLA_BITS_WORDS; i++) result[i] = a[i] & b[i];
}

/// `a` without `b`.
static inline void stella_bits_minus(uint64_t *result, const uint64_t *a, const uint64_t *b) {
  for (int i = 0; i < STELLA_BITS_WORDS; i++) result[i] = a[i] & ~b[i];
}

static inline bool stella_bits_any(const uint64_t *bits) {
  uint64_t all = 0;
  for (int i = 0; i < STELLA_BITS_WORDS; i++) all |= bits[i];
  return all != 0;
}

static inline int stella_bits_count(const uint64_t *bits) {
  int count = 0;
  for (int i = 0; i < STELLA_BITS_WORDS; i++) count += __builtin_popcountll(bits[i]);
  return count;
}

/// Sets the first `count` bits and clears the rest.
static inline void stella_bits_fill(uint64_t *bits, int count) {
  for (int i = 0; i < STELLA_BITS_WORDS; i++) {
    int rest = count - i * 64;
    bits[i] = rest >= 64 ? ~UINT64_C(0) : rest <= 0 ? 0 : (UINT64_C(1) << rest) - 1;
  }
}

#endif
