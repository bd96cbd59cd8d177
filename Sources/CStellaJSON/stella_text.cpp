#include <simdjson.h>

#include <charconv>
#include <cfloat>
#include <cstdlib>
#include <cstring>

#include "stella_json.h"

extern "C" int stella_utf8_valid(const uint8_t *text, size_t length) {
  return simdjson::validate_utf8(reinterpret_cast<const char *>(text), length);
}

/// Length of the valid sequence at `p`, or 0; `*bad` is then the length of the maximal invalid part.
static size_t sequence(const uint8_t *p, const uint8_t *end, size_t *bad) {
  const uint8_t lead = *p;
  *bad = 1;
  if (lead < 0x80) return 1;
  size_t length;
  uint8_t low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  for (size_t i = 1; i < length; i++) {
    if (p + i >= end || p[i] < low || p[i] > high) {
      *bad = i;
      return 0;
    }
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

extern "C" size_t stella_utf8_repair(const uint8_t *text, size_t length, uint8_t *to) {
  const uint8_t *p = text, *end = text + length;
  uint8_t *out = to;
  while (p < end) {
    size_t bad;
    const size_t good = sequence(p, end, &bad);
    if (good) {
      std::memcpy(out, p, good);
      out += good;
      p += good;
    } else {
      std::memcpy(out, "\xEF\xBF\xBD", 3);
      out += 3;
      p += bad;
    }
  }
  return static_cast<size_t>(out - to);
}

extern "C" double stella_decimal(const uint8_t *text, size_t length) {
  const char *from = reinterpret_cast<const char *>(text);
  double value = 0;
  const auto result = std::from_chars(from, from + length, value);
  if (result.ec == std::errc()) return value;
  // Out of range: from_chars doesn't say in which direction, strtod does.
  char copy[64];
  if (length < sizeof copy) {
    std::memcpy(copy, from, length);
    copy[length] = 0;
    value = std::strtod(copy, nullptr);
  } else {
    char *whole = static_cast<char *>(std::malloc(length + 1));
    if (!whole) return 0;
    std::memcpy(whole, from, length);
    whole[length] = 0;
    value = std::strtod(whole, nullptr);
    std::free(whole);
  }
  if (value > DBL_MAX) return DBL_MAX;
  if (value < -DBL_MAX) return -DBL_MAX;
  return value;
}

extern "C" size_t stella_write_double(double value, uint8_t *to) {
  char *from = reinterpret_cast<char *>(to);
  const auto result = std::to_chars(from, from + 32, value);
  size_t length = static_cast<size_t>(result.ptr - from);
  for (size_t i = 0; i < length; i++) {
    if (from[i] == '.' || from[i] == 'e') return length;
  }
  std::memcpy(from + length, ".0", 2);
  return length + 2;
}
