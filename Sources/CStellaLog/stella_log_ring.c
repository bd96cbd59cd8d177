#include "stella_log_ring.h"

#include "stella_log_ring_steps.h"

int64_t stella_log_region(int64_t count) { return ring_region(count); }

bool stella_log_is_scant(const struct stella_log_ring *ring) { return ring_is_scant(ring); }

int64_t stella_log_reserve(struct stella_log_ring *ring, int64_t count) { return ring_reserve(ring, count); }

bool stella_log_publish(struct stella_log_ring *ring, int64_t start, int64_t count, bool is_call) {
  return ring_publish(ring, start, count, is_call);
}

enum stella_log_outcome stella_log_append(struct stella_log_ring *ring, const void *record, int64_t count, bool is_call) {
  return ring_append(ring, record, count, is_call);
}
