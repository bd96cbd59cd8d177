#ifndef STELLA_JSON_VALUE_HPP
#define STELLA_JSON_VALUE_HPP

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "stella_json.h"
#include "stella_value.h"

namespace stella {

namespace ondemand = simdjson::ondemand;

/// Why a document was refused.
enum class Reason : uint32_t {
  none = 0,
  blank,
  memory,
  utf8,
  controlCharacter,
  unclosedString,
  syntax,
  notObject,
  expectedValue,
  number,
  literal,
  escape,
  deep,
  truncated,
  trailing,
  arenaFull,
  tooMany = STELLA_JSON_TOO_MANY,
};

constexpr int maximumDepth = 256;

#define STELLA_TRY(expression)                                    \
  do {                                                            \
    const Reason tried = (expression);                            \
    if (__builtin_expect(tried != Reason::none, 0)) return tried; \
  } while (0)

/// What simdjson says of a document as a whole.
inline Reason reasonOf(simdjson::error_code error) {
  switch (error) {
    case simdjson::SUCCESS: return Reason::none;
    case simdjson::EMPTY: return Reason::blank;
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC: return Reason::memory;
    case simdjson::UTF8_ERROR: return Reason::utf8;
    case simdjson::UNESCAPED_CHARS: return Reason::controlCharacter;
    case simdjson::UNCLOSED_STRING: return Reason::unclosedString;
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return Reason::truncated;
    case simdjson::INCORRECT_TYPE: return Reason::notObject;
    default: return Reason::syntax;
  }
}

/// A `stella_value` in two registers: assembled byte by byte in memory it would stall every load that follows.
struct Packed {
  uint64_t payload = 0;
  uint64_t meta = 0;

  static inline Packed text(uint8_t kind, const uint8_t *text, uint32_t length) {
    return {reinterpret_cast<uint64_t>(text), length | uint64_t(kind) << 32};
  }
  static inline Packed integer(int64_t value) { return {static_cast<uint64_t>(value), uint64_t(STELLA_INT) << 32}; }
  static inline Packed real(double value) {
    Packed packed{0, uint64_t(STELLA_DOUBLE) << 32};
    std::memcpy(&packed.payload, &value, 8);
    return packed;
  }
  static inline Packed truth(bool value) { return {value, uint64_t(STELLA_BOOL) << 32}; }
  static inline Packed null() { return {0, uint64_t(STELLA_NULL) << 32}; }

  inline uint8_t kind() const { return static_cast<uint8_t>(meta >> 32); }
  inline void tag(uint8_t priority, uint8_t conversion) {
    meta |= uint64_t(priority) << 48 | uint64_t(conversion) << 56;
  }
  inline void write(stella_value *to) const {
    std::memcpy(to, &payload, 8);
    std::memcpy(reinterpret_cast<uint8_t *>(to) + 8, &meta, 8);
  }
  inline stella_value value() const {
    stella_value result;
    write(&result);
    return result;
  }
};
static_assert(
    sizeof(stella_value) == 16 && offsetof(stella_value, kind) == 12 && offsetof(stella_value, priority) == 14 &&
        offsetof(stella_value, reserved) == 15,
    "Packed mirrors the layout of stella_value");

}  // namespace stella

#endif
