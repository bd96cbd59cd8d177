#ifndef STELLA_JSON_WALK_HPP
#define STELLA_JSON_WALK_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "json_plan.hpp"
#include "stella_json.h"

namespace stella {

enum class Reason : uint32_t {
  none = 0,
  blank,
  memory,
  utf8,
  controlCharacter,
  unclosedString,
  syntax,
  notObject,
  expectedKey,
  expectedColon,
  expectedComma,
  expectedValue,
  number,
  literal,
  escape,
  deep,
  truncated,
  trailing,
  arenaFull,
};

constexpr int maximumDepth = 256;

inline bool isSpace(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
inline bool isDigit(uint8_t c) { return static_cast<uint8_t>(c - '0') < 10; }
inline bool endsScalar(uint8_t c) { return c == ',' || c == '}' || c == ']' || c == ':' || isSpace(c); }

#define STELLA_TRY(expression)                                  \
  do {                                                          \
    const Reason tried = (expression);                          \
    if (__builtin_expect(tried != Reason::none, 0)) return tried; \
  } while (0)

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
static_assert(sizeof(stella_value) == 16 && offsetof(stella_value, kind) == 12 && offsetof(stella_value, priority) == 14 &&
                  offsetof(stella_value, reserved) == 15,
              "Packed mirrors the layout of stella_value");

/// A validating cursor over the structural positions that stage 1 found.
///
/// Stage 1 marks every bracket, brace, colon and comma outside strings, every opening quote, and the first byte of
/// whatever else follows one of them or white space. So the closing quote of a string is the last byte before the next
/// mark that is not white space; anything else in between would carry a mark of its own.
struct Walker {
  const uint8_t *base;
  const uint32_t *at;
  uint32_t limit;  ///< end of the document; marks from here on belong to the next line
  bool escapes;    ///< some string of the document holds a backslash
  uint8_t *arena;  ///< room for every unescaped string of the document

  inline Reason next(uint32_t &position) {
    position = *at;
    if (__builtin_expect(position >= limit, 0)) return Reason::truncated;
    at++;
    return Reason::none;
  }

  /// The bytes between the quotes of the string that opens at `position`, as they stand.
  inline Reason rawString(uint32_t position, const uint8_t *&text, uint32_t &length) const {
    uint32_t end = (*at < limit ? *at : limit) - 1;
    while (isSpace(base[end]) && end > position) end--;
    if (__builtin_expect(end == position || base[end] != '"', 0)) return Reason::unclosedString;
    text = base + position + 1;
    length = end - position - 1;
    return Reason::none;
  }

  inline bool hasEscape(const uint8_t *text, uint32_t length) const {
    return escapes && std::memchr(text, '\\', length) != nullptr;
  }

  static bool hex(const uint8_t *p, uint32_t &code) {
    code = 0;
    for (int i = 0; i < 4; i++) {
      const uint8_t c = p[i];
      uint32_t digit;
      if (isDigit(c)) {
        digit = c - '0';
      } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
        digit = (c | 32) - 'a' + 10;
      } else {
        return false;
      }
      code = code << 4 | digit;
    }
    return true;
  }

  static uint8_t *encode(uint32_t code, uint8_t *out) {
    if (code < 0x80) {
      *out++ = static_cast<uint8_t>(code);
    } else if (code < 0x800) {
      *out++ = static_cast<uint8_t>(0xC0 | code >> 6);
      *out++ = static_cast<uint8_t>(0x80 | (code & 63));
    } else if (code < 0x10000) {
      *out++ = static_cast<uint8_t>(0xE0 | code >> 12);
      *out++ = static_cast<uint8_t>(0x80 | (code >> 6 & 63));
      *out++ = static_cast<uint8_t>(0x80 | (code & 63));
    } else {
      *out++ = static_cast<uint8_t>(0xF0 | code >> 18);
      *out++ = static_cast<uint8_t>(0x80 | (code >> 12 & 63));
      *out++ = static_cast<uint8_t>(0x80 | (code >> 6 & 63));
      *out++ = static_cast<uint8_t>(0x80 | (code & 63));
    }
    return out;
  }

  /// Checks the escapes of a string and writes its text to `out` unless that is null. A surrogate without its partner
  /// becomes U+FFFD: many loggers cut text between the two.
  static Reason unescape(const uint8_t *p, uint32_t length, uint8_t *out, uint32_t &written) {
    const uint8_t *end = p + length;
    uint8_t scratch[4];
    uint8_t *start = out;
    while (p < end) {
      if (*p != '\\') {
        if (out) *out++ = *p;
        p++;
        continue;
      }
      if (end - p < 2) return Reason::escape;
      uint8_t plain = 0;
      switch (p[1]) {
        case '"': case '\\': case '/': plain = p[1]; break;
        case 'b': plain = '\b'; break;
        case 'f': plain = '\f'; break;
        case 'n': plain = '\n'; break;
        case 'r': plain = '\r'; break;
        case 't': plain = '\t'; break;
        case 'u': break;
        default: return Reason::escape;
      }
      if (plain) {
        if (out) *out++ = plain;
        p += 2;
        continue;
      }
      uint32_t code;
      if (end - p < 6 || !hex(p + 2, code)) return Reason::escape;
      p += 6;
      if (code >= 0xD800 && code <= 0xDFFF) {
        uint32_t low;
        if (code < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' && hex(p + 2, low) && low >= 0xDC00 &&
            low <= 0xDFFF) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          p += 6;
        } else {
          code = 0xFFFD;
        }
      }
      out = out ? encode(code, out) : (encode(code, scratch), nullptr);
    }
    written = static_cast<uint32_t>(out - start);
    return Reason::none;
  }

  /// Checks the string at `position`; nothing is written.
  inline Reason skipString(uint32_t position) const {
    const uint8_t *text;
    uint32_t length, written;
    STELLA_TRY(rawString(position, text, length));
    if (hasEscape(text, length)) return unescape(text, length, nullptr, written);
    return Reason::none;
  }

  /// The text of the string at `position`: in place, or unescaped in the arena.
  inline Reason string(uint32_t position, const uint8_t *&text, uint32_t &length) {
    STELLA_TRY(rawString(position, text, length));
    if (hasEscape(text, length)) {
      uint8_t *to = arena;
      STELLA_TRY(unescape(text, length, to, length));
      text = to;
      // Keys are compared 16 bytes at a time, so what follows the text must be readable.
      arena += length;
    }
    return Reason::none;
  }

  /// Checks the number at `position`; with `value`, also reads it.
  inline Reason number(uint32_t position, Packed *value) const {
    const uint8_t *start = base + position, *end = base + limit, *p = start;
    if (*p == '-') p++;
    const uint8_t *digits = p;
    uint64_t mantissa = 0;
    while (p < end && isDigit(*p)) mantissa = mantissa * 10 + (*p++ - '0');
    const size_t whole = static_cast<size_t>(p - digits);
    if (whole == 0 || (*digits == '0' && whole > 1)) return Reason::number;
    size_t fraction = 0;
    bool integer = true, exponent = false;
    if (p < end && *p == '.') {
      integer = false;
      const uint8_t *from = ++p;
      while (p < end && isDigit(*p)) mantissa = mantissa * 10 + (*p++ - '0');
      fraction = static_cast<size_t>(p - from);
      if (fraction == 0) return Reason::number;
    }
    if (p < end && (*p | 32) == 'e') {
      integer = false;
      exponent = true;
      p++;
      if (p < end && (*p == '+' || *p == '-')) p++;
      const uint8_t *from = p;
      while (p < end && isDigit(*p)) p++;
      if (p == from) return Reason::number;
    }
    if (p < end && !endsScalar(*p)) return Reason::number;
    if (!value) return Reason::none;
    const bool negative = *start == '-';
    if (integer && whole <= 18) {
      *value = Packed::integer(negative ? -static_cast<int64_t>(mantissa) : static_cast<int64_t>(mantissa));
      return Reason::none;
    }
    if (integer && whole == 19) {
      // 19 digits fit 64 unsigned bits; only those up to the bounds of a signed one stay integers.
      if (mantissa <= (negative ? uint64_t(1) << 63 : (uint64_t(1) << 63) - 1)) {
        *value = Packed::integer(static_cast<int64_t>(negative ? 0 - mantissa : mantissa));
        return Reason::none;
      }
    }
    if (!integer && !exponent && whole + fraction <= 18 && mantissa <= (uint64_t(1) << 53) && fraction <= 22) {
      // Exact operands, so one correctly rounded division (Clinger 1990).
      static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
      const double magnitude = static_cast<double>(mantissa) / powers[fraction];
      *value = Packed::real(negative ? -magnitude : magnitude);
      return Reason::none;
    }
    *value = Packed::real(stella_decimal(start, static_cast<size_t>(p - start)));
    return Reason::none;
  }

  inline Reason literal(uint32_t position, Packed *value) const {
    const uint8_t *p = base + position;
    uint32_t length = 4;
    Packed found = Packed::null();
    if (std::memcmp(p, "true", 4) == 0) {
      found = Packed::truth(true);
    } else if (std::memcmp(p, "false", 5) == 0) {
      length = 5;
      found = Packed::truth(false);
    } else if (std::memcmp(p, "null", 4) != 0) {
      return Reason::literal;
    }
    const uint32_t end = position + length;
    if (end > limit || (end < limit && !endsScalar(base[end]))) return Reason::literal;
    if (value) *value = found;
    return Reason::none;
  }

  inline Reason scalar(uint32_t position, Packed *value) const {
    const uint8_t c = base[position];
    if (c == '-' || isDigit(c)) return number(position, value);
    if (c == 't' || c == 'f' || c == 'n') return literal(position, value);
    return Reason::expectedValue;
  }

  inline Reason skipValue(uint32_t position, int depth) {
    switch (base[position]) {
      case '"': return skipString(position);
      case '{': return skipObject(depth + 1);
      case '[': return skipArray(depth + 1);
      default: return scalar(position, nullptr);
    }
  }

  /// Checks the value at `position` without moving, unless it is a container; `local` is the cursor.
  inline Reason skipInline(const uint32_t *&local, uint32_t position, int depth) {
    const uint8_t c = base[position];
    if (c == '"') {
      // Mostly the closing quote is right before the next mark.
      const uint32_t after = *local;
      if (__builtin_expect(!escapes && after < limit && base[after - 1] == '"' && after - 1 > position, 1)) {
        return Reason::none;
      }
      at = local;
      return skipString(position);
    }
    if (c == '-' || isDigit(c)) return number(position, nullptr);
    at = local;
    const Reason reason = skipValue(position, depth);
    local = at;
    return reason;
  }

  Reason skipObject(int depth) {
    if (depth > maximumDepth) return Reason::deep;
    const uint32_t *local = at;
    uint32_t position = *local++;
    if (position >= limit) return Reason::truncated;
    if (base[position] == '}') {
      at = local;
      return Reason::none;
    }
    while (true) {
      if (base[position] != '"') return Reason::expectedKey;
      STELLA_TRY(skipInline(local, position, depth));
      position = *local++;
      if (position >= limit) return Reason::truncated;
      if (base[position] != ':') return Reason::expectedColon;
      position = *local++;
      if (position >= limit) return Reason::truncated;
      STELLA_TRY(skipInline(local, position, depth));
      position = *local++;
      if (position >= limit) return Reason::truncated;
      if (base[position] == '}') {
        at = local;
        return Reason::none;
      }
      if (base[position] != ',') return Reason::expectedComma;
      position = *local++;
      if (position >= limit) return Reason::truncated;
    }
  }

  Reason skipArray(int depth) {
    if (depth > maximumDepth) return Reason::deep;
    const uint32_t *local = at;
    uint32_t position = *local++;
    if (position >= limit) return Reason::truncated;
    if (base[position] == ']') {
      at = local;
      return Reason::none;
    }
    while (true) {
      STELLA_TRY(skipInline(local, position, depth));
      position = *local++;
      if (position >= limit) return Reason::truncated;
      if (base[position] == ']') {
        at = local;
        return Reason::none;
      }
      if (base[position] != ',') return Reason::expectedComma;
      position = *local++;
      if (position >= limit) return Reason::truncated;
    }
  }
};

/// Fills one row of a batch.
struct Columns {
  Plan &plan;
  stella_json_events &out;
  uint64_t line;
  /// Some planned key stood twice in one object, so the row must be written again with `exactDocument`.
  bool duplicate = false;

  Reason document(Walker &walker) { return document(walker, false); }
  Reason exactDocument(Walker &walker) { return document(walker, true); }

  Reason document(Walker &walker, bool exact) {
    uint32_t position;
    STELLA_TRY(walker.next(position));
    if (walker.base[position] != '{') {
      // A broken scalar is told apart from a sound one of the wrong type.
      STELLA_TRY(walker.skipValue(position, 0));
      return Reason::notObject;
    }
    return exact ? exactObject(walker, plan.nodes[0], 1) : object(walker, plan.nodes[0], 1);
  }

  /// A small number or a short text under a name like `time` is a duration, not a point in time.
  static bool canBeTime(const stella_value &value) {
    switch (value.kind) {
      case STELLA_INT: return value.i >= 100000000;
      case STELLA_DOUBLE: return value.d >= 1e8;
      case STELLA_STRING: return value.length >= 8;
      default: return false;
    }
  }

  /// Whether a value of this priority may take the place, which is then its own.
  inline bool take(int32_t column, uint8_t priority) {
    uint64_t &written = plan.written[static_cast<size_t>(column + 2)];
    if (written >> 8 == line && priority > (written & 255)) return false;
    written = line << 8 | priority;
    return true;
  }

  inline void store(const stella_json_output &output, Packed value, Walker &walker, uint32_t position) {
    uint8_t priority = output.priority;
    if (output.canonical) {
      const uint8_t kind = value.kind();
      if (kind == STELLA_NULL || kind == STELLA_ARRAY || kind == STELLA_OBJECT) priority |= 128;
    }
    if (__builtin_expect(output.column >= 0, 1)) {
      if (!take(output.column, priority)) return;
      value.tag(priority, output.conversion);
      value.write(out.cells + (size_t(output.column) * out.capacity + out.count));
      return;
    }
    if (output.column == STELLA_JSON_TIME) {
      if (!canBeTime(value.value()) || !take(output.column, priority)) return;
      if (value.kind() == STELLA_DOUBLE) {
        // The digits as they stand: a double has too few for nanoseconds.
        const uint8_t *text = walker.base + position, *end = text;
        while (end < walker.base + walker.limit && !endsScalar(*end)) end++;
        value = Packed::text(STELLA_STRING, text, static_cast<uint32_t>(end - text));
      }
      value.write(out.raw_times + out.count);
    } else if (output.column == STELLA_JSON_LEVEL) {
      if (take(output.column, priority)) value.write(out.raw_levels + out.count);
    } else {
      out.seen |= uint64_t(1) << (STELLA_JSON_SEEN - output.column);
    }
  }

  inline Reason member(Walker &walker, PlanNode &node, uint32_t position, int depth, bool exact) {
    Packed value;
    switch (walker.base[position]) {
      case '"': {
        if (node.outputs.empty()) return walker.skipString(position);
        const uint8_t *text;
        uint32_t length;
        STELLA_TRY(walker.string(position, text, length));
        value = Packed::text(STELLA_STRING, text, length);
        break;
      }
      case '{':
        if (node.children.empty()) {
          STELLA_TRY(walker.skipObject(depth + 1));
        } else if (exact) {
          STELLA_TRY(exactObject(walker, node, depth + 1));
        } else {
          STELLA_TRY(object(walker, node, depth + 1));
        }
        value = Packed::text(STELLA_OBJECT, walker.base + position, walker.at[-1] + 1 - position);
        break;
      case '[':
        STELLA_TRY(walker.skipArray(depth + 1));
        value = Packed::text(STELLA_ARRAY, walker.base + position, walker.at[-1] + 1 - position);
        break;
      default:
        STELLA_TRY(walker.scalar(position, &value));
    }
    for (const stella_json_output &output : node.outputs) store(output, value, walker, position);
    return Reason::none;
  }

  Reason object(Walker &walker, PlanNode &parent, int depth) {
    if (depth > maximumDepth) return Reason::deep;
    const uint8_t *const base = walker.base;
    const uint32_t limit = walker.limit;
    const uint32_t *at = walker.at;
    uint32_t position = *at++;
    if (position >= limit) return Reason::truncated;
    if (base[position] == '}') {
      walker.at = at;
      return Reason::none;
    }
    for (size_t place = 0;; place++) {
      if (base[position] != '"') return Reason::expectedKey;
      int32_t child;
      const uint32_t colon = *at++;
      const Expected *expected = place < parent.expectedCount ? &parent.expected[place] : nullptr;
      if (__builtin_expect(
              expected && colon - position - 2 == expected->length && Plan::isExpected(*expected, base + position + 1), 1)) {
        // The mark at the colon proves that the quote before it closes the key.
        child = expected->node;
      } else {
        if (colon >= limit) return Reason::truncated;
        if (base[colon] != ':') return Reason::expectedColon;
        walker.at = at - 1;
        const uint8_t *key;
        uint32_t length;
        STELLA_TRY(walker.string(position, key, length));
        const bool inPlace = key == base + position + 1 && colon - position - 2 == length;
        child = plan.learn(parent, place, key, length, inPlace);
      }
      position = *at++;
      if (position >= limit) return Reason::truncated;
      if (child < 0) {
        STELLA_TRY(walker.skipInline(at, position, depth));
      } else {
        PlanNode &node = plan.nodes[static_cast<size_t>(child)];
        duplicate |= node.seen == line;
        node.seen = line;
        walker.at = at;
        STELLA_TRY(member(walker, node, position, depth, false));
        at = walker.at;
      }
      position = *at++;
      if (position >= limit) return Reason::truncated;
      if (base[position] != ',') {
        if (base[position] != '}') return Reason::expectedComma;
        walker.at = at;
        return Reason::none;
      }
      position = *at++;
      if (position >= limit) return Reason::truncated;
    }
  }

  /// As `object`, but of a key that stands several times only the last member is visited.
  Reason exactObject(Walker &walker, PlanNode &parent, int depth) {
    if (depth > maximumDepth) return Reason::deep;
    std::vector<std::pair<uint32_t, const uint32_t *>> last;
    uint32_t position;
    STELLA_TRY(walker.next(position));
    if (walker.base[position] == '}') return Reason::none;
    while (true) {
      const uint8_t *key;
      uint32_t length;
      STELLA_TRY(walker.string(position, key, length));
      STELLA_TRY(walker.next(position));
      const int32_t child = plan.find(parent, key, length, KeyHead::of(key, length));
      if (child >= 0) {
        const uint32_t found = static_cast<uint32_t>(child);
        bool known = false;
        for (auto &each : last) {
          if (each.first == found) {
            each.second = walker.at;
            known = true;
          }
        }
        if (!known) last.emplace_back(found, walker.at);
      }
      STELLA_TRY(walker.next(position));
      STELLA_TRY(walker.skipValue(position, depth));
      STELLA_TRY(walker.next(position));
      if (walker.base[position] == '}') break;
      STELLA_TRY(walker.next(position));
    }
    const uint32_t *end = walker.at;
    for (const auto &each : last) {
      walker.at = each.second;
      STELLA_TRY(walker.next(position));
      STELLA_TRY(member(walker, plan.nodes[each.first], position, depth, true));
    }
    walker.at = end;
    return Reason::none;
  }
};

/// Lists every value of a document.
struct Tree {
  std::vector<stella_json_node> &nodes;

  Reason document(Walker &walker) {
    uint32_t position;
    STELLA_TRY(walker.next(position));
    return value(walker, position, stella_value{}, 0);
  }

  Reason value(Walker &walker, uint32_t position, stella_value key, int depth) {
    if (depth > maximumDepth) return Reason::deep;
    const size_t index = nodes.size();
    nodes.push_back({key, stella_value{}, 0, 0});
    Packed value;
    switch (walker.base[position]) {
      case '"': {
        const uint8_t *text;
        uint32_t length;
        STELLA_TRY(walker.string(position, text, length));
        value = Packed::text(STELLA_STRING, text, length);
        break;
      }
      case '{':
        STELLA_TRY(members(walker, depth));
        value = Packed::text(STELLA_OBJECT, walker.base + position, walker.at[-1] + 1 - position);
        break;
      case '[':
        STELLA_TRY(elements(walker, depth));
        value = Packed::text(STELLA_ARRAY, walker.base + position, walker.at[-1] + 1 - position);
        break;
      default:
        STELLA_TRY(walker.scalar(position, &value));
    }
    nodes[index].value = value.value();
    nodes[index].next = static_cast<uint32_t>(nodes.size());
    return Reason::none;
  }

  Reason members(Walker &walker, int depth) {
    uint32_t position;
    STELLA_TRY(walker.next(position));
    if (walker.base[position] == '}') return Reason::none;
    while (true) {
      if (walker.base[position] != '"') return Reason::expectedKey;
      const uint8_t *text;
      uint32_t length;
      STELLA_TRY(walker.string(position, text, length));
      const stella_value key = Packed::text(STELLA_STRING, text, length).value();
      STELLA_TRY(walker.next(position));
      if (walker.base[position] != ':') return Reason::expectedColon;
      STELLA_TRY(walker.next(position));
      STELLA_TRY(value(walker, position, key, depth + 1));
      STELLA_TRY(walker.next(position));
      if (walker.base[position] == '}') return Reason::none;
      if (walker.base[position] != ',') return Reason::expectedComma;
      STELLA_TRY(walker.next(position));
    }
  }

  Reason elements(Walker &walker, int depth) {
    uint32_t position;
    STELLA_TRY(walker.next(position));
    if (walker.base[position] == ']') return Reason::none;
    while (true) {
      STELLA_TRY(value(walker, position, stella_value{}, depth + 1));
      STELLA_TRY(walker.next(position));
      if (walker.base[position] == ']') return Reason::none;
      if (walker.base[position] != ',') return Reason::expectedComma;
      STELLA_TRY(walker.next(position));
    }
  }
};

}  // namespace stella

#endif
