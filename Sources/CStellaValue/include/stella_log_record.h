#ifndef STELLA_LOG_RECORD_H
#define STELLA_LOG_RECORD_H

#include <stdint.h>

/// What stands before a value in a log call's record, as the handler leaves it in the engine's buffer.
///
/// A record is short for the thread that logs to write, and is made into an event, or a line, by the thread that reads. Numbers are
/// in the machine's own order of bytes and stand wherever the bytes before them end.
///
/// | bytes | what |
/// |---|---|
/// | 1 | `record`, the number of this form |
/// | 1 | level, 0 for `trace` to 6 |
/// | 1 | flags: 1 with a source of its own, 2 with an error, 4 with the file's address |
/// | 1 | number of what is the same for every record of a handler; 0 where that follows |
/// | 4 | line |
/// | 8 | time, nanoseconds since the epoch |
/// | text | without a number, the same itself, as JSON: `,"logger":…` |
/// | text | message |
/// | text | file; or with that flag its length in 4 bytes and the address of its bytes, which stay |
/// | text | source, with that flag |
/// | text, text | error and its type, with that flag |
/// | text, value | each entry, to the end; of two with one name the second counts |
///
/// A text is its length and its UTF-8; the length is one byte, or 255 and four. A value is a tag and what the tag says.
///
/// In C because what one Swift module of a package has for another is called and never inlined, which would cost each log call.
struct stella_log_record_tag {
  uint8_t unused;
} __attribute__((swift_name("LogRecordTag")));

#define STELLA_LOG_RECORD(type, name, value) \
  static const type stella_log_record_##name __attribute__((swift_name("LogRecordTag." #name))) = value

STELLA_LOG_RECORD(uint8_t, record, 1);
STELLA_LOG_RECORD(uint8_t, hasSource, 1);
STELLA_LOG_RECORD(uint8_t, hasError, 2);
STELLA_LOG_RECORD(uint8_t, hasFileAddress, 4);
STELLA_LOG_RECORD(long, headBytes, 16);
STELLA_LOG_RECORD(uint8_t, longText, 255);

STELLA_LOG_RECORD(uint8_t, text, 1);
STELLA_LOG_RECORD(uint8_t, integer, 2);   ///< 8 bytes
STELLA_LOG_RECORD(uint8_t, unsigned, 3);  ///< 8 bytes
STELLA_LOG_RECORD(uint8_t, double, 4);    ///< 8 bytes
STELLA_LOG_RECORD(uint8_t, no, 5);
STELLA_LOG_RECORD(uint8_t, yes, 6);
STELLA_LOG_RECORD(uint8_t, json, 7);        ///< a text that is JSON
STELLA_LOG_RECORD(uint8_t, array, 8);       ///< how many in 4 bytes, and so many values
STELLA_LOG_RECORD(uint8_t, dictionary, 9);  ///< how many in 4 bytes, and so many texts, each with a value

#undef STELLA_LOG_RECORD

#endif
