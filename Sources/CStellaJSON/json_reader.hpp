#ifndef STELLA_JSON_READER_HPP
#define STELLA_JSON_READER_HPP

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "json_value.hpp"
#include "stella_json.h"

namespace stella {

/// simdjson's parsers, and room to unescape text that isn't kept.
struct Parsers {
  ondemand::parser document;
  ondemand::parser run;
  ondemand::parser shape;
  std::vector<uint8_t> scratch;

  /// The longest run of lines that is read at once: its index stays in the second-level cache.
  static constexpr size_t runBytes = 64 * 1024;

  Parsers() {
#ifdef SIMDJSON_THREADS_ENABLED
    run.threaded = false;
#endif
  }

  /// Starts on documents that follow each other, `length` bytes of them.
  Reason iterateMany(const uint8_t *text, size_t length, ondemand::document_stream &found) {
    STELLA_TRY(reserve(runBytes));
    return reasonOf(run.iterate_many(text, length, runBytes).get(found));
  }

  Reason reserve(size_t length) {
    if (length <= document.capacity()) return Reason::none;
    const size_t capacity = std::max(runBytes, length + length / 2);
    STELLA_TRY(reasonOf(document.allocate(capacity)));
    scratch.resize(2 * (capacity + 2 * simdjson::SIMDJSON_PADDING));
    return Reason::none;
  }

  /// Starts on `length` bytes at `text`, which 64 readable bytes must follow.
  Reason iterate(const uint8_t *text, size_t length, ondemand::document &found) {
    if (length == 0) return Reason::blank;
    STELLA_TRY(reserve(length));
    return reasonOf(document.iterate(text, length, length + simdjson::SIMDJSON_PADDING).get(found));
  }
};

/// Reads the values of one document through On-Demand, which checks only what it is asked for: so every value, wanted or
/// not, is asked for here, and every container is iterated to its end.
struct Reader {
  Parsers &parsers;
  const uint8_t *limit;  ///< end of the document
  bool escapes;          ///< some string of the document holds a backslash
  uint8_t *arena;        ///< room for every unescaped string of the document

  static inline const uint8_t *bytes(const char *text) { return reinterpret_cast<const uint8_t *>(text); }

  /// simdjson's tokens reach to the next one: the end of what stands before the white space in between.
  static inline const uint8_t *trim(const uint8_t *from, const uint8_t *end) {
    while (end > from && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r')) end--;
    return end;
  }

  static inline std::string_view trimmed(std::string_view token) {
    const uint8_t *start = bytes(token.data());
    return token.substr(0, static_cast<size_t>(trim(start, start + token.size()) - start));
  }

  /// The value as it stands, with what white space follows. Where a bracket is missing On-Demand may hand out what stands
  /// behind the document.
  inline Reason tokenOf(ondemand::value &value, std::string_view &token) const {
    token = value.raw_json_token();
    return __builtin_expect(bytes(token.data()) < limit, 1) ? Reason::none : Reason::truncated;
  }

  // Strings

  /// Unescapes to `to`, which is moved behind the text. A surrogate without its partner becomes U+FFFD: many loggers cut
  /// text between the two.
  inline Reason unescape(ondemand::raw_json_string raw, uint8_t *&to, std::string_view &text) {
    if (__builtin_expect(parsers.document.unescape(raw, to).get(text) == simdjson::SUCCESS, 1)) return Reason::none;
    return unescapeRepaired(raw, to, text);
  }

  /// simdjson refuses such a surrogate; its escape is replaced by that of U+FFFD, which is as long.
  __attribute__((noinline)) Reason unescapeRepaired(
      ondemand::raw_json_string raw, uint8_t *&to, std::string_view &text) {
    uint8_t *copy = parsers.scratch.data() + parsers.scratch.size() / 2, *out = copy;
    const uint8_t *from = bytes(raw.raw());
    while (*from != '"') {
      if (*from != '\\') {
        *out++ = *from++;
        continue;
      }
      const uint32_t unit = surrogate(from);
      const size_t size = unit == 0 ? 2 : unit < 0xDC00 && surrogate(from + 6) >= 0xDC00 ? 12 : 6;
      std::memcpy(out, size == 6 ? bytes("\\ufffd") : from, size);
      from += size;
      out += size;
    }
    *out = '"';
    return parsers.document.unescape(ondemand::raw_json_string(copy), to).get(text) ? Reason::escape : Reason::none;
  }

  /// The surrogate that is escaped at `p`, or 0.
  static uint32_t surrogate(const uint8_t *p) {
    if (p[0] != '\\' || p[1] != 'u' || (p[2] | 32) != 'd') return 0;
    uint32_t unit = 0;
    for (int i = 2; i < 6; i++) {
      const uint8_t c = p[i];
      const uint8_t letter = c | 32;
      if (!(c >= '0' && c <= '9') && !(letter >= 'a' && letter <= 'f')) return 0;
      unit = unit << 4 | (c <= '9' ? c - '0' : letter - 'a' + 10);
    }
    return unit >= 0xD800 ? unit : 0;
  }

  /// The text of a string: in place, or unescaped in the arena.
  inline Reason string(ondemand::value &value, std::string_view token, Packed &packed) {
    ondemand::raw_json_string raw;
    if (value.get_raw_json_string().get(raw)) return Reason::syntax;
    const uint8_t *text = bytes(raw.raw());
    size_t length = static_cast<size_t>(trim(text, bytes(token.data()) + token.size()) - text) - 1;
    if (escapes && std::memchr(text, '\\', length) != nullptr) {
      std::string_view plain;
      STELLA_TRY(unescape(raw, arena, plain));
      text = bytes(plain.data());
      length = plain.size();
    }
    packed = Packed::text(STELLA_STRING, text, static_cast<uint32_t>(length));
    return Reason::none;
  }

  __attribute__((noinline)) Reason checkEscapes(ondemand::raw_json_string raw) {
    std::string_view text;
    uint8_t *to = parsers.scratch.data();
    return unescape(raw, to, text);
  }

  // Scalars

  /// An integer of 64 bits, or else a double: simdjson decides what a number is.
  inline Reason number(ondemand::value &value, std::string_view token, Packed &packed) {
    int64_t integer;
    if (value.get_int64().get(integer) == simdjson::SUCCESS) {
      packed = Packed::integer(integer);
      return Reason::none;
    }
    double real = 0;
    const simdjson::error_code error = value.get_double().get(real);
    if (__builtin_expect(error || token.size() > longestPlain, 0)) STELLA_TRY(longNumber(error, token, real));
    packed = Packed::real(real);
    return Reason::none;
  }

  /// Up to here simdjson's doubles are right. Of more digits version 3.0.1 makes 0 (`get_number`), or misreads those with
  /// zeros behind the point (`get_double`).
  static constexpr size_t longestPlain = 20;

  /// A long number, or one beyond a double, which becomes the largest one; or no number.
  __attribute__((noinline)) Reason longNumber(simdjson::error_code error, std::string_view token, double &real) {
    token = trimmed(token);
    if (error) STELLA_TRY(checkShape(token));
    real = stella_decimal(bytes(token.data()), token.size());
    return Reason::none;
  }

  /// Whether the token is a number, whatever its size: simdjson reads it with every run of digits cut to two.
  Reason checkShape(std::string_view token) {
    uint8_t shape[32 + simdjson::SIMDJSON_PADDING] = {};
    size_t length = 0, run = 0;
    if (token.empty() || (token[0] != '-' && (token[0] < '0' || token[0] > '9'))) return Reason::expectedValue;
    for (const char c : token) {
      run = c >= '0' && c <= '9' ? run + 1 : 0;
      if (run > 2) continue;
      if (length == 32) return Reason::number;
      shape[length++] = static_cast<uint8_t>(run == 2 ? '0' : c);
    }
    ondemand::document document;
    double real;
    if (parsers.shape.iterate(shape, length, sizeof shape).get(document)) return Reason::number;
    return document.get_double().get(real) ? Reason::number : Reason::none;
  }

  inline Reason boolean(ondemand::value &value, Packed &packed) {
    bool truth;
    if (value.get_bool().get(truth)) return Reason::literal;
    packed = Packed::truth(truth);
    return Reason::none;
  }

  inline Reason null(ondemand::value &value, Packed &packed) {
    bool isNull;
    if (value.is_null().get(isNull) || !isNull) return Reason::literal;
    packed = Packed::null();
    return Reason::none;
  }

  /// Any value but an array or an object.
  inline Reason scalar(ondemand::value &value, std::string_view token, Packed &packed) {
    switch (token[0]) {
      case '"': return string(value, token, packed);
      case 't':
      case 'f': return boolean(value, packed);
      case 'n': return null(value, packed);
      default: return number(value, token, packed);
    }
  }

  // Containers

  /// Whether nothing follows the root of the document, which was just read to its end.
  static inline bool atEnd(ondemand::document &document) {
    const char *after;
    return document.current_location().get(after) == simdjson::OUT_OF_BOUNDS;
  }

  /// The text of an array or object that was just read to its end.
  inline Reason textOf(ondemand::value &value, std::string_view token, uint8_t kind, Packed &packed) {
    const char *after;
    if (value.current_location().get(after)) return Reason::truncated;
    const uint8_t *start = bytes(token.data()), *end = bytes(after);
    if (end <= start || end >= limit) return Reason::truncated;
    packed = Packed::text(kind, start, static_cast<uint32_t>(trim(start, end) - start));
    return Reason::none;
  }

  /// Checks a value that nobody wants.
  __attribute__((always_inline)) inline Reason check(ondemand::value &value, int depth) {
    std::string_view token;
    STELLA_TRY(tokenOf(value, token));
    Packed packed;
    switch (token[0]) {
      case '"': {
        ondemand::raw_json_string raw;
        if (value.get_raw_json_string().get(raw)) return Reason::syntax;
        // Stage 1 has found its end, valid UTF-8 and no control characters in between.
        return __builtin_expect(!escapes, 1) ? Reason::none : checkEscapes(raw);
      }
      case '{': return checkObject(value, depth + 1);
      case '[': return checkArray(value, depth + 1);
      case 't':
      case 'f': return boolean(value, packed);
      case 'n': return null(value, packed);
      default: {
        ondemand::number number;
        if (__builtin_expect(value.get_number().get(number) == simdjson::SUCCESS, 1)) return Reason::none;
        return this->number(value, token, packed);
      }
    }
  }

  __attribute__((noinline)) Reason checkObject(ondemand::value &value, int depth) {
    if (depth > maximumDepth) return Reason::deep;
    ondemand::object object;
    if (value.get_object().get(object)) return Reason::syntax;
    for (auto each : object) {
      ondemand::field field;
      if (__builtin_expect(std::move(each).get(field), 0)) return Reason::syntax;
      if (escapes) STELLA_TRY(checkEscapes(field.key()));
      STELLA_TRY(check(field.value(), depth));
    }
    return Reason::none;
  }

  __attribute__((noinline)) Reason checkArray(ondemand::value &value, int depth) {
    if (depth > maximumDepth) return Reason::deep;
    ondemand::array array;
    if (value.get_array().get(array)) return Reason::syntax;
    for (auto each : array) {
      ondemand::value element;
      if (__builtin_expect(std::move(each).get(element), 0)) return Reason::syntax;
      STELLA_TRY(check(element, depth));
    }
    return Reason::none;
  }
};

}  // namespace stella

#endif
