#include "stella_log_call.h"

#include <malloc.h>
#include <string.h>

#include "stella_log_copy.h"
#include "stella_log_record.h"
#include "stella_log_ring_steps.h"

enum { text_words_bytes = 16, long_length_bytes = 5 };

static struct stella_log_layout layout;

void stella_log_set_layout(const struct stella_log_layout *known) { layout = *known; }

size_t stella_log_bytes_from(const void *address) { return malloc_usable_size((void *)(uintptr_t)address); }

static uint64_t word(const void *start, size_t offset) {
  uint64_t value;
  memcpy(&value, (const uint8_t *)start + offset, sizeof value);
  return value;
}

/// The second word of a text: bit 61 says that its bytes stand in the words, with their number in bits 56 to 59; bit 60 that they are
/// nowhere in one piece. Otherwise they are 32 bytes behind the object whose address are the lower bits, and the lower 48 bits of the
/// first word are their number, if that has bit 60 or 61. See StringObject.swift of the standard library.
static inline bool text_of(const void *words, struct stella_log_text *text) {
  const uint64_t first = word(words, 0), second = word(words, 8);
  if (second >> 61 & 1) {
    text->bytes = words;
    text->count = second >> 56 & 15;
    return true;
  }
  text->bytes = (const uint8_t *)(uintptr_t)((second & 0x0FFFFFFFFFFFFFFF) + 32);
  text->count = first & 0xFFFFFFFFFFFF;
  return (second >> 60 & 1) == 0 && (first >> 60 & 3) != 0;
}

bool stella_log_text_of(const void *words, struct stella_log_text *text) { return text_of(words, text); }

/// Behind the object's own two words: the count, the capacity, a word whose lowest byte is the binary logarithm of the number of
/// buckets, the seed, the keys, the values; and then the bits. See Dictionary's `__RawDictionaryStorage`.
static inline struct stella_log_table table_of(const void *storage) {
  return (struct stella_log_table){
      .count = word(storage, 16),
      .buckets = (size_t)1 << (word(storage, 32) & 63),
      .keys = (const uint8_t *)(uintptr_t)word(storage, 48),
      .values = (const uint8_t *)(uintptr_t)word(storage, 56),
      .used = (const uint64_t *)((const uint8_t *)storage + STELLA_LOG_TABLE_HEAD),
  };
}

struct stella_log_table stella_log_table_of(const void *storage) { return table_of(storage); }

/// Once, and not in each place: what is short is sooner in the caches.
__attribute__((noinline)) static uint8_t *put_text(const void *words, uint8_t *next, const uint8_t *end) {
  struct stella_log_text text;
  if (!text_of(words, &text)) return NULL;
  // All of the words of a short one are copied, and what is too much is written over.
  if (end - next < long_length_bytes + text_words_bytes) return NULL;
  if (text.bytes == words) {
    *next++ = (uint8_t)text.count;
    memcpy(next, words, text_words_bytes);
    return next + text.count;
  }
  if ((size_t)(end - next) - long_length_bytes < text.count) return NULL;
  if (text.count < stella_log_record_longText) {
    *next++ = (uint8_t)text.count;
  } else {
    const uint32_t length = (uint32_t)text.count;
    *next = stella_log_record_longText;
    memcpy(next + 1, &length, sizeof length);
    next += long_length_bytes;
  }
  stella_log_copy(next, text.bytes, text.count);
  return next + text.count;
}

/// A text of the program, as nearly each file is, stays where it is: bit 63 of its second word says so.
static inline bool put_address(const void *words, uint8_t **next, const uint8_t *end) {
  struct stella_log_text text;
  if ((int64_t)word(words, 8) >= 0 || !text_of(words, &text) || text.bytes == words || end - *next < 12) return false;
  const uint32_t length = (uint32_t)text.count;
  memcpy(*next, &length, sizeof length);
  memcpy(*next + sizeof length, &text.bytes, sizeof text.bytes);
  *next += sizeof length + sizeof text.bytes;
  return true;
}

static inline uint8_t *put_number(uint8_t tag, const uint8_t *value, uint8_t *next, const uint8_t *end) {
  if (end - next < 9) return NULL;
  *next = tag;
  memcpy(next + 1, value, 8);
  return next + 9;
}

static inline uint8_t *put_tagged_text(const void *words, uint8_t *next, const uint8_t *end) {
  if (next == end) return NULL;
  *next = stella_log_record_text;
  return put_text(words, next + 1, end);
}

/// The cases of a value in the order of its declaration; one that is an existential has its type in the fourth word.
static inline uint8_t *put_value(const uint8_t *value, uint8_t *next, const uint8_t *end) {
  const uint8_t which = value[STELLA_LOG_VALUE_CASE];
  if (which == 0) return put_tagged_text(value, next, end);
  if (which != 1) return NULL;
  const void *const type = (const void *)(uintptr_t)word(value, 24);
  if (type == layout.integer) return put_number(stella_log_record_integer, value, next, end);
  if (type == layout.floating) return put_number(stella_log_record_double, value, next, end);
  if (type == layout.string) return put_tagged_text(value, next, end);
  if (type == layout.unsigned_integer) return put_number(stella_log_record_unsigned, value, next, end);
  if (type != layout.boolean || next == end) return NULL;
  *next = value[0] & 1 ? stella_log_record_yes : stella_log_record_no;
  return next + 1;
}

/// The entries of a dictionary.
__attribute__((noinline)) static uint8_t *put_entries(const void *storage, uint8_t *next, const uint8_t *end) {
  const struct stella_log_table table = table_of(storage);
  size_t left = table.count;
  for (size_t first = 0; left > 0; first += 64) {
    uint64_t used = table.used[first / 64];
    if (table.buckets < 64) used &= ((uint64_t)1 << table.buckets) - 1;
    for (; used != 0; used &= used - 1, left--) {
      const size_t bucket = first + (size_t)__builtin_ctzll(used);
      next = put_text(table.keys + bucket * text_words_bytes, next, end);
      if (next) next = put_value(table.values + bucket * STELLA_LOG_VALUE_BYTES, next, end);
      if (!next) return NULL;
    }
  }
  return next;
}

static inline uint8_t *write_call(const void *event, uint8_t names_number, int64_t time, const void *own,
                                  const void *provided, uint8_t *next, const uint8_t *end) {
  const uint8_t *const start = event;
  if (end - next < stella_log_record_headBytes || word(start, layout.error) != 0) return NULL;
  // The second word of a text is never 0, but in place of a text that is missing.
  const bool has_source = word(start, layout.source + 8) != 0;
  const uint32_t line = (uint32_t)word(start, layout.line);
  next[0] = stella_log_record_record;
  next[1] = start[layout.level];
  next[2] = has_source ? stella_log_record_hasSource : 0;
  next[3] = names_number;
  memcpy(next + 4, &line, 4);
  memcpy(next + 8, &time, 8);
  uint8_t *const flags = next + 2;
  next = put_text(start + layout.message, next + stella_log_record_headBytes, end);
  if (!next) return NULL;
  if (put_address(start + layout.file, &next, end)) {
    *flags |= stella_log_record_hasFileAddress;
  } else {
    next = put_text(start + layout.file, next, end);
  }
  if (next && has_source) next = put_text(start + layout.source, next, end);
  const void *const tables[] = {own, provided, (const void *)(uintptr_t)word(start, layout.metadata)};
  for (size_t place = 0; next && place < 3; place++) {
    if (tables[place]) next = put_entries(tables[place], next, end);
  }
  return next;
}

uint8_t *stella_log_write(const void *event, uint8_t names_number, int64_t time, const void *own, const void *provided,
                          uint8_t *next, const uint8_t *end) {
  return write_call(event, names_number, time, own, provided, next, end);
}

static _Thread_local bool is_thread_writing __attribute__((tls_model("initial-exec")));

void stella_log_set_writing(bool is_writing) { is_thread_writing = is_writing; }

bool stella_log_is_writing(void) { return is_thread_writing; }

enum stella_log_outcome stella_log_call(struct stella_log_ring *ring, const void *event, uint8_t names_number, int64_t time,
                                        const void *own, const void *provided) {
  if (is_thread_writing) return STELLA_LOG_NESTED;
  if (ring_is_scant(ring)) return STELLA_LOG_FULL;
  // On the stack, whose lines are in use again and again.
  uint8_t record[1024];
  const uint8_t *const end = write_call(event, names_number, time, own, provided, record, record + sizeof record);
  return end ? ring_append(ring, record, end - record, true) : STELLA_LOG_UNUSUAL;
}
