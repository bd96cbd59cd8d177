#ifndef STELLA_JSON_COLUMNS_HPP
#define STELLA_JSON_COLUMNS_HPP

#include <string_view>
#include <utility>
#include <vector>

#include "json_plan.hpp"
#include "json_reader.hpp"

namespace stella {

/// Writes the planned fields of one document into a row.
struct Columns {
  Plan &plan;
  stella_json_events &out;
  Reader &reader;
  uint64_t line;
  /// Whether a planned key stood twice: then the row must be written again with `exact`.
  bool duplicate = false;
  /// Of a key that stands several times only the last member is visited.
  bool exact = false;

  /// Whether something follows the root is left to the caller.
  Reason document(ondemand::document &document) {
    ondemand::object object;
    STELLA_TRY(reasonOf(document.get_object().get(object)));
    return members(object, plan.nodes[0], 1);
  }

 private:
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

  inline void store(const stella_json_output &output, Packed value, std::string_view token) {
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
        token = Reader::trimmed(token);
        value = Packed::text(STELLA_STRING, Reader::bytes(token.data()), static_cast<uint32_t>(token.size()));
      }
      value.write(out.raw_times + out.count);
    } else if (output.column == STELLA_JSON_LEVEL) {
      if (take(output.column, priority)) value.write(out.raw_levels + out.count);
    } else {
      out.seen |= uint64_t(1) << (STELLA_JSON_SEEN - output.column);
    }
  }

  inline Reason member(PlanNode &node, ondemand::value &value, int depth) {
    std::string_view token;
    STELLA_TRY(reader.tokenOf(value, token));
    Packed packed;
    switch (token[0]) {
      case '{':
        if (node.children.empty()) {
          STELLA_TRY(reader.checkObject(value, depth + 1));
        } else {
          ondemand::object object;
          if (value.get_object().get(object)) return Reason::syntax;
          STELLA_TRY(members(object, node, depth + 1));
        }
        if (node.outputs.empty()) return Reason::none;
        STELLA_TRY(reader.textOf(value, token, STELLA_OBJECT, packed));
        break;
      case '[':
        STELLA_TRY(reader.checkArray(value, depth + 1));
        if (node.outputs.empty()) return Reason::none;
        STELLA_TRY(reader.textOf(value, token, STELLA_ARRAY, packed));
        break;
      default:
        STELLA_TRY(reader.scalar(value, token, packed));
    }
    for (const stella_json_output &output : node.outputs) store(output, packed, token);
    return Reason::none;
  }

  /// The plan's node for a key, or -1.
  inline Reason find(PlanNode &parent, size_t place, ondemand::raw_json_string key, int32_t &child) {
    if (__builtin_expect(Plan::isExpected(parent, place, Reader::bytes(key.raw())), 1)) {
      child = parent.expected[place].node;
      return Reason::none;
    }
    return lookUp(parent, place, key, child);
  }

  __attribute__((noinline)) Reason lookUp(
      PlanNode &parent, size_t place, ondemand::raw_json_string key, int32_t &child) {
    std::string_view text;
    uint8_t *to = reader.parsers.scratch.data();
    STELLA_TRY(reader.unescape(key, to, text));
    child = plan.learn(
        parent, place, Reader::bytes(text.data()), static_cast<uint32_t>(text.size()), Reader::bytes(key.raw()));
    return Reason::none;
  }

  Reason members(ondemand::object &object, PlanNode &parent, int depth) {
    if (depth > maximumDepth) return Reason::deep;
    if (__builtin_expect(exact, 0)) return lastMembers(object, parent, depth);
    size_t place = 0;
    for (auto each : object) {
      ondemand::field field;
      if (__builtin_expect(std::move(each).get(field), 0)) return Reason::syntax;
      int32_t child;
      STELLA_TRY(find(parent, place++, field.key(), child));
      if (child < 0) {
        STELLA_TRY(reader.check(field.value(), depth));
      } else {
        PlanNode &node = plan.nodes[static_cast<size_t>(child)];
        duplicate |= node.seen == line;
        node.seen = line;
        STELLA_TRY(member(node, field.value(), depth));
      }
    }
    return Reason::none;
  }

  /// As `members`, after the document was found sound.
  __attribute__((noinline)) Reason lastMembers(ondemand::object &object, PlanNode &parent, int depth) {
    std::vector<int32_t> children;
    for (auto each : object) {
      ondemand::field field;
      if (std::move(each).get(field)) return Reason::syntax;
      int32_t child;
      STELLA_TRY(find(parent, children.size(), field.key(), child));
      children.push_back(child);
    }
    const uint64_t pass = ++plan.stamp;
    for (size_t place = children.size(); place-- > 0;) {
      if (children[place] < 0) continue;
      uint64_t &seen = plan.nodes[static_cast<size_t>(children[place])].seen;
      if (seen == pass) children[place] = -1;
      seen = pass;
    }
    if (object.reset().error()) return Reason::syntax;
    size_t place = 0;
    for (auto each : object) {
      ondemand::field field;
      if (std::move(each).get(field)) return Reason::syntax;
      const int32_t child = children[place++];
      if (child >= 0) STELLA_TRY(member(plan.nodes[static_cast<size_t>(child)], field.value(), depth));
    }
    return Reason::none;
  }
};

}  // namespace stella

#endif
