#ifndef STELLA_LOG_COPY_H
#define STELLA_LOG_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Copies bytes that don't overlap; most texts are so short that calling for it costs more than doing it.
static inline void stella_log_copy(void *target, const void *source, size_t count) {
  uint8_t *const to = (uint8_t *)target;
  const uint8_t *const from = (const uint8_t *)source;
  if (count > 64) {
    memcpy(to, from, count);
  } else if (count >= 16) {
    const size_t last = count - 16;
#pragma clang loop unroll(disable) vectorize(disable)
    for (size_t place = 0; place < last; place += 16) memcpy(to + place, from + place, 16);
    memcpy(to + last, from + last, 16);
  } else if (count >= 8) {
    uint64_t first, last;
    memcpy(&first, from, 8);
    memcpy(&last, from + count - 8, 8);
    memcpy(to, &first, 8);
    memcpy(to + count - 8, &last, 8);
  } else if (count >= 4) {
    uint32_t first, last;
    memcpy(&first, from, 4);
    memcpy(&last, from + count - 4, 4);
    memcpy(to, &first, 4);
    memcpy(to + count - 4, &last, 4);
  } else if (count > 0) {
    const uint8_t middle = from[count / 2], last = from[count - 1];
    to[0] = from[0];
    to[count / 2] = middle;
    to[count - 1] = last;
  }
}

#endif
