#include <algorithm>
#include <cstring>
#include <vector>

#include "stella_match.h"

struct stella_value_set {
  struct slot {
    uint64_t hash;
    int32_t index;  // -1: free
  };
  std::vector<slot> slots;
  uint64_t mask = 0;
  std::vector<stella_value> values;
  std::vector<uint64_t> bits;
  std::vector<uint32_t> stamps;
  std::vector<uint32_t> touched;
  uint32_t generation = 0;
  uint32_t touched_count = 0;
};

static const uint64_t no_bits[STELLA_BITS_WORDS] = {};

static inline uint64_t mix(uint64_t a, uint64_t b) {
  __uint128_t product = static_cast<__uint128_t>(a ^ UINT64_C(0x9E3779B97F4A7C15)) * (b ^ UINT64_C(0xD6E8FEB86659FD93));
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

static inline uint64_t load(const uint8_t *bytes, size_t count) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

// Keys are the rules' literals, so nobody can grow a chain from outside: the table never takes values of events.
static inline uint64_t hash_of(const uint8_t *bytes, uint32_t length) {
  if (length >= 8) {
    uint64_t hash = length;
    uint32_t at = 0;
    for (; at + 8 < length; at += 8) hash = mix(hash, load(bytes + at, 8));
    return mix(hash, load(bytes + length - 8, 8));
  }
  if (length >= 4) return mix(length, load(bytes, 4) | load(bytes + length - 4, 4) << 32);
  if (length == 0) return mix(0, 0);
  return mix(length, bytes[0] | static_cast<uint64_t>(bytes[length / 2]) << 8 |
                         static_cast<uint64_t>(bytes[length - 1]) << 16);
}

// Equal numbers hash alike whether they came as integers or as doubles. False: a value that no table holds.
static inline bool hash_value(const stella_value *value, uint64_t *hash) {
  switch (value->kind) {
    case STELLA_STRING:
      *hash = hash_of(value->p, value->length);
      return true;
    case STELLA_INT:
      *hash = mix(static_cast<uint64_t>(value->i), 1);
      return true;
    case STELLA_DOUBLE: {
      double number = value->d;
      if (number >= -0x1p63 && number < 0x1p63 && static_cast<double>(static_cast<int64_t>(number)) == number) {
        *hash = mix(static_cast<uint64_t>(static_cast<int64_t>(number)), 1);
      } else {
        uint64_t pattern;
        std::memcpy(&pattern, &number, sizeof pattern);
        *hash = mix(pattern, 2);
      }
      return true;
    }
    case STELLA_BOOL:
      *hash = mix(value->i != 0, 3);
      return true;
    default:
      return false;
  }
}

extern "C" stella_value_set *stella_value_set_create(const stella_value *values, uint32_t count) {
  auto *set = new stella_value_set();
  size_t capacity = 4;
  while (capacity < static_cast<size_t>(count) * 2) capacity *= 2;
  set->slots.resize(capacity, {0, -1});
  set->mask = capacity - 1;
  set->values.assign(values, values + count);
  set->bits.resize(static_cast<size_t>(count) * STELLA_BITS_WORDS);
  set->stamps.resize(count, 0);
  set->touched.resize(count, 0);
  for (uint32_t i = 0; i < count; i++) {
    uint64_t hash;
    if (!hash_value(&values[i], &hash)) continue;
    uint64_t at = hash & set->mask;
    while (set->slots[at].index >= 0) at = (at + 1) & set->mask;
    set->slots[at] = {hash, static_cast<int32_t>(i)};
  }
  return set;
}

extern "C" void stella_value_set_destroy(stella_value_set *set) { delete set; }

extern "C" int32_t stella_value_set_find(const stella_value_set *set, const stella_value *cell) {
  uint64_t hash;
  if (!hash_value(cell, &hash)) return -1;
  for (uint64_t at = hash & set->mask; set->slots[at].index >= 0; at = (at + 1) & set->mask) {
    const stella_value_set::slot &slot = set->slots[at];
    if (slot.hash != hash) continue;
    if (stella_value_order(cell, &set->values[slot.index]) & (STELLA_EQUAL | STELLA_SAME)) return slot.index;
  }
  return -1;
}

extern "C" void stella_value_set_scan(stella_value_set *set, const stella_value *column, const uint64_t *events) {
  set->touched_count = 0;
  if (++set->generation == 0) {
    std::fill(set->stamps.begin(), set->stamps.end(), 0);
    set->generation = 1;
  }
  for (uint32_t word = 0; word < STELLA_BITS_WORDS; word++) {
    for (uint64_t rest = events[word]; rest != 0; rest &= rest - 1) {
      uint32_t event = word * 64 + static_cast<uint32_t>(__builtin_ctzll(rest));
      int32_t index = stella_value_set_find(set, column + event);
      if (index < 0) continue;
      uint64_t *bits = &set->bits[static_cast<size_t>(index) * STELLA_BITS_WORDS];
      if (set->stamps[index] != set->generation) {
        set->stamps[index] = set->generation;
        stella_bits_clear(bits);
        set->touched[set->touched_count++] = static_cast<uint32_t>(index);
      }
      bits[word] |= rest & -rest;
    }
  }
}

extern "C" const uint64_t *stella_value_set_bits(const stella_value_set *set, uint32_t index) {
  if (set->stamps[index] != set->generation || set->generation == 0) return no_bits;
  return &set->bits[static_cast<size_t>(index) * STELLA_BITS_WORDS];
}

extern "C" const uint32_t *stella_value_set_touched(const stella_value_set *set, uint32_t *count) {
  *count = set->touched_count;
  return set->touched.data();
}

extern "C" void stella_level_bits(const stella_value *column, int count, uint64_t *bits) {
  std::memset(bits, 0, 8 * STELLA_BITS_WORDS * sizeof(uint64_t));
  for (int event = 0; event < count; event++) {
    unsigned ordinal = column[event].ordinal & 7;
    bits[ordinal * STELLA_BITS_WORDS + (event >> 6)] |= UINT64_C(1) << (event & 63);
  }
}
