#ifndef STELLA_JSON_PLAN_HPP
#define STELLA_JSON_PLAN_HPP

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "stella_json.h"

namespace stella {

/// 16 bytes of a key with the bytes behind its end zeroed. Reads 16 bytes whatever the length.
struct KeyHead {
  uint64_t low, high;

  static inline KeyHead of(const uint8_t *key, uint32_t length) {
    static constexpr uint64_t all = ~uint64_t(0);
    static constexpr uint64_t masks[17] = {
        0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, all, all, all, all, all,
        all, all, all, all};
    static constexpr uint64_t highMasks[17] = {0,          0,            0,              0,                0,   0,
                                               0,          0,            0,              0xFF,             0xFFFF,
                                               0xFFFFFF,   0xFFFFFFFF,   0xFFFFFFFFFF,   0xFFFFFFFFFFFF,
                                               0xFFFFFFFFFFFFFF, all};
    KeyHead head;
    std::memcpy(&head.low, key, 8);
    std::memcpy(&head.high, key + 8, 8);
    const uint32_t bounded = length < 16 ? length : 16;
    head.low &= masks[bounded];
    head.high &= highMasks[bounded];
    return head;
  }

  bool operator==(const KeyHead &other) const { return low == other.low && high == other.high; }

  size_t hash(uint32_t length) const {
    uint64_t mixed = (low ^ (high * 0x9E3779B97F4A7C15ull) ^ length) * 0xFF51AFD7ED558CCDull;
    return static_cast<size_t>(mixed >> 32);
  }
};

/// What the previous line had at one position of an object: a key with its closing quote and its colon.
struct Expected {
  KeyHead head{0, 0};  ///< of `key":`
  uint32_t length = UINT32_MAX;  ///< of the key alone; none is that long
  int32_t node = -1;
  uint8_t rest[40];  ///< what follows the first 16 bytes of `key":`; longer keys are looked up

  static constexpr uint32_t longest = 16 + sizeof rest - 2;
};

/// One key that the plan knows, and what hangs below it.
struct PlanNode {
  std::string key;
  KeyHead head{0, 0};
  std::vector<stella_json_output> outputs;
  std::vector<uint32_t> children;
  /// Children by the hash of their key: a power of two of slots, at most half full; 0 is free.
  std::vector<uint32_t> slots;
  /// The line that this key was last seen on: twice on one line needs the exact walk.
  uint64_t seen = 0;
  /// What the previous object at this node had, by position.
  std::vector<Expected> expected;
  /// `expected.size()`, without the division.
  size_t expectedCount = 0;
};

struct Plan {
  std::vector<PlanNode> nodes = std::vector<PlanNode>(1);

  static constexpr size_t expectedPositions = 128;

  /// Marks lines, and passes over a line: `seen` and `written` name the one that touched them last.
  uint64_t stamp = 0;

  /// Per output place (`STELLA_JSON_LEVEL`, `STELLA_JSON_TIME`, column 0, …): the line that last wrote it, and in the low
  /// byte with which priority. Asking this instead of the cell keeps the walk from loading what columns a page apart,
  /// which alias in the cache, have just stored.
  std::vector<uint64_t> written = std::vector<uint64_t>(2);

  int32_t find(const PlanNode &parent, const uint8_t *key, uint32_t length, KeyHead head) const {
    const size_t mask = parent.slots.size() - 1;
    if (parent.slots.empty()) return -1;
    for (size_t slot = head.hash(length) & mask; parent.slots[slot] != 0; slot = (slot + 1) & mask) {
      const PlanNode &node = nodes[parent.slots[slot]];
      if (node.key.size() == length && node.head == head &&
          (length <= 16 || std::memcmp(node.key.data() + 16, key + 16, length - 16) == 0)) {
        return static_cast<int32_t>(parent.slots[slot]);
      }
    }
    return -1;
  }

  /// The node of `key` within `parent`, added when it is new.
  uint32_t child(uint32_t parent, const uint8_t *key, uint32_t length) {
    std::string padded(reinterpret_cast<const char *>(key), length);
    padded.append(16, '\0');
    const KeyHead head = KeyHead::of(reinterpret_cast<const uint8_t *>(padded.data()), length);
    const int32_t known = find(nodes[parent], key, length, head);
    if (known >= 0) return static_cast<uint32_t>(known);
    const uint32_t id = static_cast<uint32_t>(nodes.size());
    nodes.emplace_back();
    nodes.back().key.assign(reinterpret_cast<const char *>(key), length);
    nodes.back().head = head;
    PlanNode &holder = nodes[parent];
    holder.children.push_back(id);
    holder.expected.clear();
    holder.expectedCount = 0;
    size_t size = 8;
    while (size < holder.children.size() * 2 + 1) size *= 2;
    holder.slots.assign(size, 0);
    for (const uint32_t each : holder.children) {
      size_t slot = nodes[each].head.hash(static_cast<uint32_t>(nodes[each].key.size())) & (size - 1);
      while (holder.slots[slot] != 0) slot = (slot + 1) & (size - 1);
      holder.slots[slot] = each;
    }
    return id;
  }

  /// Whether `key`, which starts behind the opening quote, is the key of the previous line at this place, with its quote
  /// and colon. Logs repeat their key order, so this is asked before any lookup.
  __attribute__((always_inline)) static inline bool isExpected(
      const PlanNode &parent, size_t place, const uint8_t *key) {
    if (__builtin_expect(place >= parent.expectedCount, 0)) return false;
    const Expected &expected = parent.expected[place];
    if (__builtin_expect(expected.length == UINT32_MAX, 0)) return false;
    const uint32_t whole = expected.length + 2;
    return KeyHead::of(key, whole) == expected.head &&
           (whole <= 16 || std::memcmp(expected.rest, key + 16, whole - 16) == 0);
  }

  /// The node of a key that wasn't expected, or -1; it is expected from now on when it stands without escapes and with
  /// its colon at once behind it. `raw` is the key as it stands in the line; 16 bytes are read at `key` and at `raw`
  /// whatever its length.
  int32_t learn(PlanNode &parent, size_t place, const uint8_t *key, uint32_t length, const uint8_t *raw) {
    const int32_t node = find(parent, key, length, KeyHead::of(key, length));
    const bool inPlace = raw[length] == '"' && raw[length + 1] == ':' && std::memcmp(key, raw, length) == 0;
    if (!inPlace || place >= expectedPositions) return node;
    if (place >= parent.expectedCount) {
      parent.expected.resize(place + 1);
      parent.expectedCount = place + 1;
    }
    Expected &expected = parent.expected[place];
    expected.node = node;
    if (length > Expected::longest) {
      expected.length = UINT32_MAX;
      return node;
    }
    expected.length = length;
    expected.head = KeyHead::of(raw, length + 2);
    if (length + 2 > 16) std::memcpy(expected.rest, raw + 16, length + 2 - 16);
    return node;
  }
};

}  // namespace stella

#endif
