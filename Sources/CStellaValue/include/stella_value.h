#ifndef STELLA_VALUE_H
#define STELLA_VALUE_H

#include <stdint.h>

/// The kind of a `stella_value`.
enum {
  STELLA_MISSING = 0,  ///< the event has no such field; Lua sees nil
  STELLA_NULL = 1,     ///< an explicit null; Lua sees the `null` sentinel
  STELLA_BOOL = 2,     ///< `i` is 0 or 1
  STELLA_INT = 3,      ///< `i`
  STELLA_DOUBLE = 4,   ///< `d`
  STELLA_STRING = 5,   ///< `p`, `length` bytes, valid UTF-8, not NUL-terminated
  STELLA_ARRAY = 6,    ///< `p`, `length`: the JSON text of an array
  STELLA_OBJECT = 7,   ///< `p`, `length`: the JSON text of an object
  STELLA_RECORD = 8,   ///< an argument of a native method that is the current event; `i` is its index in the batch
};

/// One decoded field, 16 bytes. It owns nothing: text points into the batch that the value stands in and is valid
/// exactly as long as that batch. All zero bytes are STELLA_MISSING.
typedef struct stella_value {
  union {
    int64_t i;
    double d;
    const uint8_t *p;
  };
  uint32_t length;
  uint8_t kind;
  /// For the `level` column: ordinal of the log level + 1 (trace 1 … critical 7). Otherwise 0.
  uint8_t ordinal;
  /// Which of a field's names the value came from (0 is the name as the script wrote it); a lower number wins.
  uint8_t priority;
  uint8_t reserved;
} stella_value;

/// Asks the processor to load the cache line of `address`. Never faults.
static inline void stella_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
