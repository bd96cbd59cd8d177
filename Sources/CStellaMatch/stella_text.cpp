#include <arpa/inet.h>

#include <cstring>

#include "stella_match.h"

extern "C" bool stella_text_contains(
    const uint8_t *text, size_t length, const uint8_t *needle, size_t needle_length) {
  if (needle_length == 0) return true;
  if (needle_length > length) return false;
  return memmem(text, length, needle, needle_length) != nullptr;
}

static inline uint8_t lower(uint8_t byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; }

extern "C" bool stella_text_equals_caseless(const uint8_t *a, const uint8_t *b, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (lower(a[i]) != b[i]) return false;
  }
  return true;
}

extern "C" bool stella_text_contains_caseless(
    const uint8_t *text, size_t length, const uint8_t *needle, size_t needle_length) {
  if (needle_length == 0) return true;
  if (needle_length > length) return false;
  for (size_t start = 0; start + needle_length <= length; start++) {
    if (lower(text[start]) == needle[0] && stella_text_equals_caseless(text + start, needle, needle_length)) return true;
  }
  return false;
}

static bool parse_v4(const uint8_t *text, size_t length, uint8_t *bytes) {
  size_t at = 0;
  for (int part = 0; part < 4; part++) {
    if (part > 0) {
      if (at >= length || text[at] != '.') return false;
      at++;
    }
    unsigned value = 0;
    size_t digits = 0;
    while (at < length && text[at] >= '0' && text[at] <= '9' && digits < 4) {
      value = value * 10 + (text[at] - '0');
      at++;
      digits++;
    }
    // `010` is octal to some programs and decimal to others: no address.
    if (digits == 0 || value > 255 || (digits > 1 && text[at - digits] == '0')) return false;
    bytes[part] = static_cast<uint8_t>(value);
  }
  return at == length;
}

extern "C" bool stella_address_parse(const uint8_t *text, size_t length, stella_address *address) {
  std::memset(address, 0, sizeof *address);
  if (length == 0) return false;
  if (std::memchr(text, ':', length) == nullptr) {
    address->is_v4 = true;
    address->prefix = 32;
    return parse_v4(text, length, address->bytes + 12);
  }
  const void *zone = std::memchr(text, '%', length);
  if (zone != nullptr) length = static_cast<size_t>(static_cast<const uint8_t *>(zone) - text);
  char buffer[INET6_ADDRSTRLEN];
  if (length >= sizeof buffer || std::memchr(text, 0, length) != nullptr) return false;
  std::memcpy(buffer, text, length);
  buffer[length] = 0;
  if (inet_pton(AF_INET6, buffer, address->bytes) != 1) return false;
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  address->is_v4 = std::memcmp(address->bytes, mapped, sizeof mapped) == 0;
  address->prefix = address->is_v4 ? 32 : 128;
  if (address->is_v4) std::memset(address->bytes, 0, 12);
  return true;
}

extern "C" bool stella_address_within(const stella_address *address, const stella_address *block) {
  if (address->is_v4 != block->is_v4) return false;
  const uint8_t *a = address->bytes + (address->is_v4 ? 12 : 0);
  const uint8_t *b = block->bytes + (address->is_v4 ? 12 : 0);
  unsigned whole = block->prefix / 8, rest = block->prefix % 8;
  if (std::memcmp(a, b, whole) != 0) return false;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}
