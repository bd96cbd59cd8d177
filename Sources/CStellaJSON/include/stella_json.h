#ifndef STELLA_JSON_H
#define STELLA_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "stella_value.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A JSON decoder on simdjson's On-Demand interface, one document per line: `iterate_many` over a run of lines, `iterate`
/// for a line with anything unusual. One per thread.
///
/// simdjson decides the grammar: structure, UTF-8, control characters, escapes, numbers, literals. On-Demand checks only
/// what it is asked for, so every value is asked for, wanted or not, and every container is read to its end: a broken
/// line is refused wherever it is broken. Not checked: that keys are unique (the last one counts).
///
/// Ours are the mapping of keys to columns, the repair of invalid UTF-8 and of surrogates without a partner, a depth of
/// at most 256, and the value of numbers that simdjson 3.0.1 refuses or misreads: beyond a double, or of over 20 bytes.
typedef struct stella_json stella_json;

stella_json *stella_json_create(void);
void stella_json_destroy(stella_json *json);

/// Where a field goes. `column` is a batch column, or one of the two below.
typedef struct stella_json_output {
  int32_t column;
  uint8_t priority;    ///< lower wins; below 128
  uint8_t conversion;  ///< copied to `reserved` of the cell, for the caller
  uint8_t canonical;   ///< 1: null, arrays and objects count only when no other name has a plain value
  uint8_t reserved;
} stella_json_output;

enum {
  STELLA_JSON_TIME = -1,   ///< the raw event time: `raw_times`
  STELLA_JSON_LEVEL = -2,  ///< the raw level: `raw_levels`
  STELLA_JSON_SEEN = -3,   ///< column -3 - n sets bit n of `seen` when the key is there; n is at most 63
};

/// The plan is a tree of keys; node 0 is the top-level object.
void stella_json_clear_plan(stella_json *json);
uint32_t stella_json_plan_child(stella_json *json, uint32_t parent, const uint8_t *key, uint32_t length);
void stella_json_plan_output(stella_json *json, uint32_t node, stella_json_output output);

/// Consecutive lines; the same guarantees as `LineBlock`: at least 64 readable bytes after the last one.
typedef struct stella_json_lines {
  const uint8_t *base;
  const uint32_t *starts;
  const uint32_t *text_starts;
  const uint32_t *lengths;
  uint32_t first;
  uint32_t count;
  int64_t first_offset;
  uint16_t source;
} stella_json_lines;

typedef struct stella_json_failure {
  uint32_t line;
  uint32_t reason;
} stella_json_failure;

typedef enum stella_json_status {
  STELLA_JSON_DONE = 0,           ///< the lines ended or the batch is full
  STELLA_JSON_ARENA_FULL = 1,     ///< the next line needs `arena_needed` bytes of arena; nothing of it was written
  STELLA_JSON_FAILURES_FULL = 2,  ///< `failures` must be emptied first
  STELLA_JSON_REFUSED = 3,        ///< the next line was refused for `refused`; only when `failure_capacity` is 0
} stella_json_status;

/// The batch that events are written into. All cells of rows from `count` on must be missing.
typedef struct stella_json_events {
  stella_value *cells;  ///< cell(column, row) is cells[column * stride + row]
  uint32_t columns;
  uint32_t capacity;  ///< rows that may be filled
  uint32_t stride;
  uint32_t count;
  uint32_t status;
  stella_value *raw_times;
  stella_value *raw_levels;
  const uint8_t **records;
  uint32_t *record_lengths;
  int64_t *offsets;
  uint16_t *sources;
  uint8_t *arena;
  uint8_t *arena_end;
  size_t arena_needed;
  stella_json_failure *failures;
  uint32_t failure_capacity;
  uint32_t failure_count;
  uint32_t refused;
  uint64_t repaired;
  uint64_t seen;
} stella_json_events;

/// Decodes lines from `first` on and returns how many were consumed; blank lines are consumed silently. Text cells point
/// into the lines, or into the arena when they had to be unescaped or repaired. O(bytes).
uint32_t stella_json_decode(stella_json *json, const stella_json_lines *lines, stella_json_events *events);

/// One value of a document, in document order. `next` is the index of the first node after this one's subtree.
typedef struct stella_json_node {
  stella_value key;  ///< a string, or missing for elements and the root
  stella_value value;
  uint32_t next;
  uint32_t reserved;
} stella_json_node;

/// The reason for a document of more values than it may have.
enum { STELLA_JSON_TOO_MANY = 16 };

/// Parses one whole document of any type, with at least 64 readable bytes after it. Returns 0 or a reason. The nodes are
/// valid until the next call. Text points into `text` or into `arena`, which must have 4 * length + 256 bytes. Of more than
/// `limit` values it is refused before memory is needed for them: `[0,0,0]` needs 20 times its length.
uint32_t stella_json_parse(
    stella_json *json, const uint8_t *text, uint32_t length, uint8_t *arena, uint32_t limit,
    const stella_json_node **nodes, uint32_t *count);

/// Why a line was refused, as a person reads it. Static text.
const char *stella_json_reason(uint32_t reason);

int stella_utf8_valid(const uint8_t *text, size_t length);

/// Copies `text` with every maximal invalid part replaced by U+FFFD and returns the length written: at most 3 * length.
size_t stella_utf8_repair(const uint8_t *text, size_t length, uint8_t *to);

/// The double that the decimal text denotes, correctly rounded; the text must be a JSON number. Overflow gives the
/// largest finite double.
double stella_decimal(const uint8_t *text, size_t length);

/// Writes the shortest text that reads back as the same double, as JSON; returns its length (at most 32). The value must
/// be finite. Integral values keep a fraction or an exponent, so that they stay doubles.
size_t stella_write_double(double value, uint8_t *to);

#ifdef __cplusplus
}
#endif

#endif
