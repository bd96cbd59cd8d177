#ifndef STELLA_LOG_RING_H
#define STELLA_LOG_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A ring of bytes that any thread may append records to, without a lock, and one takes them from. What is appended waits for nobody: it
/// reserves room with one atomic step, copies its bytes there and publishes them with another. Without room it is not appended.
///
/// Before each record stands its length in a word, which is 0 until the record is there; words begin at multiples of their size. A
/// place that is no record's has to read as 0.
///
/// All numbers but `capacity` are for atomic steps only. What one thread changes and others read lies on lines of its own.
struct stella_log_ring {
  uint8_t *bytes;
  /// A power of two.
  int64_t capacity;
  uint8_t line_0[48];
  /// Bytes ever reserved; below zero once closed.
  int64_t reserved;
  uint8_t line_1[56];
  /// Bytes ever given back by the reader.
  int64_t taken;
  uint8_t line_2[56];
  /// How many bytes have to wait for the reader to be woken; 0 for none.
  int64_t awaited;
  uint8_t line_3[56];
};

enum {
  STELLA_LOG_WORD_BYTES = 8,
  /// With less room than this a record is dropped before it is written out, so that a full ring costs next to nothing.
  STELLA_LOG_SCANT_BYTES = 512,
};

/// Is added to the length of a log call's record.
#define STELLA_LOG_CALL_BIT ((int64_t)1 << 62)

/// What became of a record.
enum stella_log_outcome {
  STELLA_LOG_KEPT __attribute__((swift_name("kept"))),
  /// Kept, and the reader wants to be woken.
  STELLA_LOG_AWAITED __attribute__((swift_name("awaited"))),
  /// There was no room, or the ring is closed.
  STELLA_LOG_FULL __attribute__((swift_name("full"))),
  /// The thread is at writing a log call's record.
  STELLA_LOG_NESTED __attribute__((swift_name("nested"))),
  /// The event has to be asked for its parts.
  STELLA_LOG_UNUSUAL __attribute__((swift_name("unusual"))),
} __attribute__((enum_extensibility(closed), swift_name("LogOutcome")));

/// Bytes that a record takes up with its word.
int64_t stella_log_region(int64_t count);

/// Whether a record would most likely find no room.
bool stella_log_is_scant(const struct stella_log_ring *ring);

/// Takes room for a record, which the reader waits for from then on.
///
/// - Returns: where it begins; below zero when there is none.
int64_t stella_log_reserve(struct stella_log_ring *ring, int64_t count);

/// Lets the reader have a record whose bytes are there.
///
/// - Returns: whether the reader wants to be woken.
bool stella_log_publish(struct stella_log_ring *ring, int64_t start, int64_t count, bool is_call);

/// Appends a record of one byte or more.
enum stella_log_outcome stella_log_append(struct stella_log_ring *ring, const void *record, int64_t count, bool is_call);

#endif
