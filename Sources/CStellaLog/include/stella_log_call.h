#ifndef STELLA_LOG_CALL_H
#define STELLA_LOG_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stella_log_ring.h"

/// Where swift-log has the parts of an event, in bytes from its start, and the types whose values stand in their existential.
///
/// The code of a log call is seldom in a processor's caches when a host calls it, so that it costs what it is long. Swift reads an
/// event by copies that it counts, over twice as many instructions. So what most calls have is read where it is. Nothing
/// here knows whether a Swift or a swift-log has its values elsewhere: who calls has to try that before.
struct stella_log_layout {
  uint32_t level;
  uint32_t message;
  uint32_t error;
  uint32_t metadata;
  uint32_t source;
  uint32_t file;
  uint32_t line;
  const void *integer;
  const void *unsigned_integer;
  const void *floating;
  const void *boolean;
  const void *string;
};

/// A text where it stands.
struct stella_log_text {
  const uint8_t *bytes;
  size_t count;
};

/// A dictionary's storage.
struct stella_log_table {
  size_t count;
  size_t buckets;
  /// A text of two words each.
  const uint8_t *keys;
  /// `STELLA_LOG_VALUE_BYTES` each.
  const uint8_t *values;
  /// A bit for each bucket that is in use; what is beyond the last bucket says nothing.
  const uint64_t *used;
} __attribute__((swift_name("LogTable")));

/// From one value of metadata to the next.
#define STELLA_LOG_VALUE_BYTES 48
/// Where a value says which of its cases it is.
#define STELLA_LOG_VALUE_CASE 40
/// Before the bits of a table's buckets.
#define STELLA_LOG_TABLE_HEAD 64

/// What the two words of a text say.
///
/// - Parameter words: aligned; the bytes of a short text stand in them.
/// - Returns: false when the bytes are not in one piece.
bool stella_log_text_of(const void *words, struct stella_log_text *text);

/// What the storage of a dictionary says, of which only the head is read.
struct stella_log_table stella_log_table_of(const void *storage);

/// How many bytes there are from an address that `malloc` gave; whoever puts another one in its place does so with `malloc_usable_size`.
size_t stella_log_bytes_from(const void *address);

/// Says where things are; to be called before ``stella_log_call`` and ``stella_log_write``.
void stella_log_set_layout(const struct stella_log_layout *layout);

/// Appends a log call's record, as `stella_log_record.h` says, to a ring.
///
/// - Parameters:
///   - names_number: not 0.
///   - time: nanoseconds since the epoch.
///   - own: storage of a dictionary whose entries come before the event's.
///   - provided: storage of one whose entries come between the two; or null.
/// - Returns: unusual for an event with an error, for a value other than a text, an `Int`, a `UInt`, a `Double` or a `Bool`, for a text that
///   isn't in one piece, and for a record of over about a kilobyte.
enum stella_log_outcome stella_log_call(struct stella_log_ring *ring, const void *event, uint8_t names_number, int64_t time,
                                        const void *own, const void *provided);

/// Writes it to memory.
///
/// - Parameters:
///   - next: where the first byte goes.
///   - end: of the room there is.
/// - Returns: where the next byte would go; null for what is unusual, or without enough room. What was written then is no record.
uint8_t *stella_log_write(const void *event, uint8_t names_number, int64_t time, const void *own, const void *provided,
                          uint8_t *next, const uint8_t *end);

/// Says whether the calling thread is at writing a record by code of the host's, which might log in turn.
void stella_log_set_writing(bool is_writing);

bool stella_log_is_writing(void);

#endif
