#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "stella_match.h"

namespace {

constexpr bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

/// Of a letter, whatever its case; 0 for what is none.
constexpr uint8_t letter_of(uint8_t byte) {
  const uint8_t lower = byte | 0x20;
  return lower >= 'a' && lower <= 'z' ? lower : 0;
}

constexpr uint8_t folded(uint8_t byte) { return letter_of(byte) ? letter_of(byte) : byte; }

/// Whether a name may have `byte` where `wanted` is asked for.
constexpr bool stands_for(uint8_t byte, uint8_t wanted) {
  return folded(byte) == wanted || (wanted == '_' && (byte == '-' || byte == '.'));
}

/// What a name may have where `wanted` is asked for, in lower case.
std::string ways(uint8_t wanted) { return wanted == '_' ? "_-." : std::string(1, char(wanted)); }

/// Words by one of their bytes.
using Words = std::array<std::vector<std::string>, 256>;

/// Pairs of bytes, a bit each.
struct Pairs {
  std::array<uint64_t, 1024> bits{};

  bool has(uint8_t first, uint8_t second) const { return bits[first * 4 + second / 64] >> (second % 64) & 1; }
  void add(uint8_t first, uint8_t second) { bits[first * 4 + second / 64] |= UINT64_C(1) << (second % 64); }
  /// In whatever case.
  void add_folded(uint8_t first, uint8_t second) {
    for (const int one : {0, 0x20}) {
      for (const int other : {0, 0x20}) {
        add(letter_of(first) ? first ^ one : first, letter_of(second) ? second ^ other : second);
      }
    }
  }
};

}  // namespace

struct stella_personal {
  uint32_t kinds;
  /// What words begin with that have to be compared, and names end with: all others cost a look into these.
  Pairs first_pairs;
  Pairs last_pairs;
  Words beginnings;
  Words schemes;
  Words endings;

  bool begins(const uint8_t *text) const { return first_pairs.has(text[0], text[1]); }

  bool begins_word(const uint8_t *text, size_t length) const {
    for (const std::string &word : beginnings[text[0]]) {
      if (word.size() <= length && memcmp(word.data(), text, word.size()) == 0) return true;
    }
    for (const std::string &word : schemes[letter_of(text[0])]) {
      const auto *wanted = reinterpret_cast<const uint8_t *>(word.data());
      if (word.size() <= length && stella_text_equals_caseless(text, wanted, word.size())) return true;
    }
    return false;
  }

  /// Whether what stands before `end` ends as a name does that asks for something.
  bool ends_name(const uint8_t *text, size_t end) const {
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) end--;
    if (end > 0 && (text[end - 1] == '"' || text[end - 1] == '\'')) end--;
    if (end == 0 || (end > 1 && !last_pairs.has(text[end - 2], text[end - 1]))) return false;
    for (const std::string &word : endings[folded(text[end - 1])]) {
      if (word.size() > end) continue;
      const uint8_t *start = text + end - word.size();
      size_t same = 0;
      while (same < word.size()) {
        if (!stands_for(start[same], uint8_t(word[same]))) break;
        same++;
      }
      if (same == word.size()) return true;
    }
    return false;
  }

  /// Whether the dot at `place` is the first one between four numbers.
  static bool begins_address(const uint8_t *text, size_t length, size_t place) {
    for (int dots = 0; place + 1 < length && text[place] == '.' && is_digit(text[place + 1]);) {
      if (++dots == 3) return true;
      do place++;
      while (place < length && is_digit(text[place]));
    }
    return false;
  }

  /// Whether four digits stand on both sides of `place`, as in the number of a card that is written in groups.
  static bool parts_digits(const uint8_t *text, size_t length, size_t place) {
    if (place < 4 || place + 4 >= length) return false;
    for (size_t distance = 1; distance <= 4; distance++) {
      if (!is_digit(text[place - distance]) || !is_digit(text[place + distance])) return false;
    }
    return true;
  }
};

extern "C" stella_personal *stella_personal_create(uint32_t kinds) {
  auto *made = new (std::nothrow) stella_personal;
  if (!made) return nullptr;
  made->kinds = kinds;
  return made;
}

extern "C" void stella_personal_destroy(stella_personal *personal) { delete personal; }

extern "C" void stella_personal_add(
    stella_personal *personal, stella_personal_word kind, const uint8_t *word, size_t length) {
  if (length == 0) return;
  const std::string text(reinterpret_cast<const char *>(word), length);
  switch (kind) {
    case STELLA_PERSONAL_BEGINNING:
      personal->beginnings[word[0]].push_back(text);
      if (length > 1) personal->first_pairs.add(word[0], word[1]);
      break;
    case STELLA_PERSONAL_SCHEME:
      personal->schemes[word[0]].push_back(text);
      if (length > 1) personal->first_pairs.add_folded(word[0], word[1]);
      break;
    case STELLA_PERSONAL_ENDING:
      for (const uint8_t last : ways(word[length - 1])) {
        personal->endings[last].push_back(text);
        for (int before = 0; before < 256; before++) {
          if (length > 1 && !stands_for(uint8_t(before), word[length - 2])) continue;
          personal->last_pairs.add_folded(uint8_t(before), last);
        }
      }
      break;
  }
}

namespace {

/// 64 bytes of a text as bitmaps, the first byte in the lowest bit.
struct Block {
  uint64_t words = 0, digits = 0, dots = 0, gaps = 0, colons = 0, assignments = 0, doubts = 0;

  explicit Block(const uint8_t *text) {
    for (int at = 0; at < 64; at += 16) add(text + at, at);
  }

 private:
  using Bytes = uint8_t __attribute__((ext_vector_type(16)));
  using Mask = char __attribute__((ext_vector_type(16)));
  using Bits = bool __attribute__((ext_vector_type(16)));

  static uint64_t bits(Mask mask) {
    const Bits set = __builtin_convertvector(mask, Bits);
    uint16_t result;
    memcpy(&result, &set, sizeof result);
    return result;
  }

  void add(const uint8_t *text, int at) {
    Bytes bytes;
    memcpy(&bytes, text, sizeof bytes);
    const Mask digit = Bytes(bytes - '0') < 10, colon = bytes == ':';
    digits |= bits(digit) << at;
    words |= bits(digit | (Bytes((bytes | 0x20) - 'a') < 26) | (bytes == '_') | (bytes >= 0x80)) << at;
    dots |= bits(bytes == '.') << at;
    gaps |= bits((bytes == ' ') | (bytes == '-')) << at;
    colons |= bits(colon) << at;
    assignments |= bits(colon | (bytes == '=')) << at;
    doubts |= bits((bytes == '@') | (bytes == '%') | (bytes == '\\')) << at;
  }
};

/// A bitmap of 64 bytes moved on by `count`, with what moves in from the block before.
uint64_t moved(uint64_t bits, uint64_t before, int count) { return bits << count | before >> (64 - count); }

/// Ends of digits, 13 or more of them in a row: the bits of the places.
uint64_t long_numbers(uint64_t digits, uint64_t before) {
  const unsigned __int128 one = static_cast<unsigned __int128>(digits) << 64 | before;
  const unsigned __int128 two = one & one << 1, four = two & two << 2, eight = four & four << 4;
  return static_cast<uint64_t>((eight & four << 8 & one << 12) >> 64);
}

}  // namespace

extern "C" bool stella_personal_possible(const stella_personal *personal, const uint8_t *text, size_t length) {
  const bool finds_addresses = personal->kinds & STELLA_PERSONAL_ADDRESS;
  const bool finds_cards = personal->kinds & STELLA_PERSONAL_CARD;
  uint64_t words_before = 0, digits_before = 0, colons_before = 0;
  /// Colons that lie as near to each other as in an IPv6 address, and the place of the last; without `::` there are six at least.
  size_t colons = 0, last_colon = 0;
  for (size_t start = 0; start < length; start += 64) {
    uint8_t rest[64];
    const uint8_t *bytes = text + start;
    if (length - start < 64) {
      memset(rest, 0, sizeof rest);
      memcpy(rest, bytes, length - start);
      bytes = rest;
    }
    const Block block(bytes);
    if (block.doubts) return true;
    const uint64_t behind_digits = moved(block.digits, digits_before, 1);
    if (finds_addresses) {
      if (block.colons & moved(block.colons, colons_before, 1)) return true;
      for (uint64_t bits = block.dots & behind_digits; bits; bits &= bits - 1) {
        if (personal->begins_address(text, length, start + __builtin_ctzll(bits))) return true;
      }
    }
    if (finds_cards) {
      for (uint64_t bits = block.gaps & behind_digits & moved(block.digits, digits_before, 4); bits; bits &= bits - 1) {
        if (personal->parts_digits(text, length, start + __builtin_ctzll(bits))) return true;
      }
      for (uint64_t bits = long_numbers(block.digits, digits_before); bits; bits &= bits - 1) {
        size_t first = start + __builtin_ctzll(bits);
        while (first > 0 && is_digit(text[first - 1])) first--;
        if (text[first] >= '2' && text[first] <= '6') return true;
      }
    }
    for (uint64_t bits = block.assignments; bits; bits &= bits - 1) {
      const size_t place = start + __builtin_ctzll(bits);
      if (finds_addresses && text[place] == ':') {
        colons = colons > 0 && place - last_colon <= 5 ? colons + 1 : 1;
        if (colons == 6) return true;
        last_colon = place;
      }
      if (personal->ends_name(text, place)) return true;
    }
    for (uint64_t bits = block.words & ~moved(block.words, words_before, 1); bits; bits &= bits - 1) {
      const size_t place = start + __builtin_ctzll(bits);
      if (place + 1 < length && personal->begins(text + place) && personal->begins_word(text + place, length - place)) {
        return true;
      }
    }
    words_before = block.words;
    digits_before = block.digits;
    colons_before = block.colons;
  }
  return false;
}
