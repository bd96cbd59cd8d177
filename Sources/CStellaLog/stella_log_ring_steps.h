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

static inline enum stella_log_outcome ring_append(struct stella_log_ring *ring, const void *record, int64_t count,
                                                  bool is_call) {
  const int64_t start = ring_reserve(ring, count);
  if (start < 0) return STELLA_LOG_FULL;
  const int64_t place = (start + STELLA_LOG_WORD_BYTES) & (ring->capacity - 1);
  const int64_t first = count < ring->capacity - place ? count : ring->capacity - place;
  memcpy(ring->bytes + place, record, (size_t)first);
  if (first < count) memcpy(ring->bytes, (const uint8_t *)record + first, (size_t)(count - first));
  return ring_publish(ring, start, count, is_call) ? STELLA_LOG_AWAITED : STELLA_LOG_KEPT;
}

#endif
