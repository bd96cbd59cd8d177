#ifndef STELLA_LOG_RING_STEPS_H
#define STELLA_LOG_RING_STEPS_H

#include <string.h>

#include "stella_log_ring.h"

// Static, so that a log call has all of it in one piece.

static inline int64_t ring_region(int64_t count) {
  return STELLA_LOG_WORD_BYTES + ((count + STELLA_LOG_WORD_BYTES - 1) & -STELLA_LOG_WORD_BYTES);
}

static inline bool ring_is_scant(const struct stella_log_ring *ring) {
  const int64_t start = __atomic_load_n(&ring->reserved, __ATOMIC_RELAXED);
  return start < 0 || start - __atomic_load_n(&ring->taken, __ATOMIC_RELAXED) > ring->capacity - STELLA_LOG_SCANT_BYTES;
}

static inline int64_t ring_reserve(struct stella_log_ring *ring, int64_t count) {
  const int64_t size = ring_region(count);
  int64_t start = __atomic_load_n(&ring->reserved, __ATOMIC_RELAXED);
  do {
    if (start < 0 || start + size - __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE) > ring->capacity) return -1;
    // Comes before the look at `awaited` in the one order that all threads see.
  } while (!__atomic_compare_exchange_n(&ring->reserved, &start, start + size, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
  return start;
}

static inline bool ring_publish(struct stella_log_ring *ring, int64_t start, int64_t count, bool is_call) {
  int64_t *const word = (int64_t *)(void *)(ring->bytes + (start & (ring->capacity - 1)));
  __atomic_store_n(word, is_call ? count | STELLA_LOG_CALL_BIT : count, __ATOMIC_RELEASE);
  const int64_t wanted = __atomic_load_n(&ring->awaited, __ATOMIC_SEQ_CST);
  return wanted != 0 && start + ring_region(count) - __atomic_load_n(&ring->taken, __ATOMIC_RELAXED) >= wanted;
}

/// Gets the lines where the next record goes ready to be written: the reader had them last, and the next call would wait for them.
static inline void ring_prefetch(const struct stella_log_ring *ring, int64_t position) {
  for (int64_t line = 0; line < 3; line++) {
    const uint8_t *const place = ring->bytes + ((position + 64 * line) & (ring->capacity - 1));
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*place));
#else
    __builtin_prefetch(place, 1);
#endif
  }
}

static inline enum stella_log_outcome ring_append(struct stella_log_ring *ring, const void *record, int64_t count,
                                                  bool is_call) {
  const int64_t start = ring_reserve(ring, count);
  if (start < 0) return STELLA_LOG_FULL;
  const int64_t place = (start + STELLA_LOG_WORD_BYTES) & (ring->capacity - 1);
  const int64_t first = count < ring->capacity - place ? count : ring->capacity - place;
  memcpy(ring->bytes + place, record, (size_t)first);
  if (first < count) memcpy(ring->bytes, (const uint8_t *)record + first, (size_t)(count - first));
  const bool is_awaited = ring_publish(ring, start, count, is_call);
  ring_prefetch(ring, start + ring_region(count));
  return is_awaited ? STELLA_LOG_AWAITED : STELLA_LOG_KEPT;
}

#endif
