#include "stella_json.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "json_plan.hpp"
#include "json_walk.hpp"

using namespace stella;

struct stella_json {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> index;
  size_t capacity = 0;
  Plan plan;
  uint64_t line = 0;
  std::vector<stella_json_node> nodes;

  /// Stage 1 over `length` bytes at `text`. Positions are relative to `text`.
  Reason structurals(const uint8_t *text, size_t length) {
    if (length == 0) return Reason::blank;
    if (!index || length > capacity) {
      capacity = std::max(size_t(1) << 16, length + length / 2);
      index.reset();
      if (simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, index)) {
        capacity = 0;
        return Reason::memory;
      }
    }
    switch (index->stage1(text, length, simdjson::stage1_mode::regular)) {
      case simdjson::SUCCESS:
        return Reason::none;
      case simdjson::EMPTY:
        return Reason::blank;
      case simdjson::UTF8_ERROR:
        return Reason::utf8;
      case simdjson::UNESCAPED_CHARS:
        return Reason::controlCharacter;
      case simdjson::UNCLOSED_STRING:
        return Reason::unclosedString;
      default:
        return Reason::syntax;
    }
  }
};

/// Bytes that one stage 1 run covers: its index stays in the second-level cache.
static constexpr uint32_t runBytes = 64 * 1024;

extern "C" stella_json *stella_json_create(void) { return new stella_json(); }
extern "C" void stella_json_destroy(stella_json *json) { delete json; }
extern "C" void stella_json_clear_plan(stella_json *json) { json->plan = Plan(); }

extern "C" uint32_t stella_json_plan_child(
    stella_json *json, uint32_t parent, const uint8_t *key, uint32_t length) {
  return json->plan.child(parent, key, length);
}

extern "C" void stella_json_plan_output(stella_json *json, uint32_t node, stella_json_output output) {
  json->plan.nodes[node].outputs.push_back(output);
  const size_t places = static_cast<size_t>(std::max(0, output.column + 3));
  if (json->plan.written.size() < places) json->plan.written.resize(places);
}

namespace {

/// Writes the events of one call.
struct Batch {
  stella_json *json;
  const stella_json_lines *lines;
  stella_json_events *out;

  bool lineIs(uint32_t line, const uint8_t *prefix, uint32_t length) const {
    return lines->lengths[line] >= length && std::memcmp(lines->base + lines->starts[line], prefix, length) == 0;
  }

  void clearRow() {
    for (uint32_t column = 0; column < out->columns; column++) {
      out->cells[size_t(column) * out->capacity + out->count] = stella_value{};
    }
    out->raw_times[out->count] = stella_value{};
    out->raw_levels[out->count] = stella_value{};
  }

  /// Walks the document whose first structural is `at`; on success the row is filled.
  Reason walk(const uint8_t *base, const uint32_t *&at, uint32_t from, uint32_t limit, bool mayEscape) {
    const bool escapes = mayEscape && std::memchr(base + from, '\\', limit - from) != nullptr;
    if (escapes && out->arena_end - out->arena < ptrdiff_t(4 * size_t(limit - from) + 256)) {
      out->arena_needed = 4 * size_t(limit - from) + 256;
      return Reason::arenaFull;
    }
    const uint32_t *start = at;
    Columns columns{json->plan, *out, ++json->line};
    Walker walker{base, at, limit, escapes, out->arena};
    Reason reason = columns.document(walker);
    if (reason == Reason::none && columns.duplicate) {
      clearRow();
      walker = Walker{base, start, limit, escapes, out->arena};
      columns.line = ++json->line;
      reason = columns.exactDocument(walker);
    }
    at = walker.at;
    if (reason == Reason::none) {
      out->arena = walker.arena;
    } else {
      clearRow();
    }
    return reason;
  }

  /// One line by itself: the second try after a run was refused, and for lines that need repair.
  Reason alone(uint32_t line) {
    const uint8_t *text = lines->base + lines->starts[line];
    uint32_t length = lines->lengths[line];
    if (lineIs(line, reinterpret_cast<const uint8_t *>("\xEF\xBB\xBF"), 3)) {
      text += 3;
      length -= 3;
    }
    Reason reason = json->structurals(text, length);
    bool repaired = false;
    if (reason == Reason::utf8) {
      const size_t needed = 16 * size_t(length) + 512;
      if (out->arena_end - out->arena < ptrdiff_t(needed)) {
        out->arena_needed = needed;
        return Reason::arenaFull;
      }
      const size_t written = stella_utf8_repair(text, length, out->arena);
      text = out->arena;
      length = static_cast<uint32_t>(written);
      out->arena += written + 64;
      repaired = true;
      reason = json->structurals(text, length);
    }
    if (reason != Reason::none) return reason;
    const uint32_t *at = json->index->structural_indexes.get();
    reason = walk(text, at, 0, length, true);
    if (reason == Reason::none && *at < length) {
      clearRow();
      reason = Reason::trailing;
    }
    if (reason == Reason::none && repaired) out->repaired++;
    return reason;
  }

  /// Counts the line's outcome; false when the call must end before this line.
  bool settle(uint32_t line, Reason reason) {
    if (reason == Reason::none) {
      const uint32_t row = out->count++;
      out->records[row] = lines->base + lines->starts[line];
      out->record_lengths[row] = lines->lengths[line];
      out->offsets[row] = lines->first_offset + lines->starts[line];
      out->sources[row] = lines->source;
      return true;
    }
    if (reason == Reason::blank) return true;
    if (reason == Reason::arenaFull) {
      out->status = STELLA_JSON_ARENA_FULL;
      return false;
    }
    if (out->failure_capacity == 0) {
      out->refused = static_cast<uint32_t>(reason);
      out->status = STELLA_JSON_REFUSED;
      return false;
    }
    if (out->failure_count == out->failure_capacity) {
      out->status = STELLA_JSON_FAILURES_FULL;
      return false;
    }
    out->failures[out->failure_count++] = {line, static_cast<uint32_t>(reason)};
    return true;
  }

  /// The last line (exclusive) of a run from `first`: lines that follow each other with nothing but a line ending between.
  uint32_t runEnd(uint32_t first, uint32_t rows) const {
    uint32_t line = first + 1;
    const uint32_t start = lines->starts[first];
    while (line < lines->count && line - first < rows) {
      const uint32_t end = lines->starts[line - 1] + lines->lengths[line - 1];
      const uint32_t next = lines->starts[line];
      const uint32_t gap = next - end;
      if (next < end || gap == 0 || gap > 2 || lines->base[next - 1] != '\n' ||
          (gap == 2 && lines->base[end] != '\r')) {
        break;
      }
      if (next + lines->lengths[line] - start > runBytes) break;
      line++;
    }
    return line;
  }

  /// Decodes a run with one stage 1; returns the lines consumed, or 0 when stage 1 refused the run.
  uint32_t run(uint32_t first, uint32_t end) {
    const uint32_t start = lines->starts[first];
    const uint8_t *base = lines->base + start;
    const uint32_t length = lines->starts[end - 1] + lines->lengths[end - 1] - start;
    const Reason refused = json->structurals(base, length);
    if (refused != Reason::none) return 0;
    const bool mayEscape = std::memchr(base, '\\', length) != nullptr;
    const uint32_t *at = json->index->structural_indexes.get();
    for (uint32_t line = first; line < end; line++) {
      const uint32_t from = lines->starts[line] - start;
      const uint32_t limit = from + lines->lengths[line];
      Reason reason = Reason::blank;
      if (*at < limit) {
        reason = walk(base, at, from, limit, mayEscape);
        while (*at < limit) {
          if (reason == Reason::none) {
            clearRow();
            reason = Reason::trailing;
          }
          at++;
        }
        if (reason != Reason::none && lines->base[lines->starts[line]] == 0xEF) return line - first;
      }
      if (!settle(line, reason)) return line - first;
    }
    return end - first;
  }
};

}  // namespace

extern "C" uint32_t stella_json_decode(stella_json *json, const stella_json_lines *lines, stella_json_events *events) {
  Batch batch{json, lines, events};
  events->status = STELLA_JSON_DONE;
  uint32_t line = lines->first;
  while (line < lines->count && events->count < events->capacity) {
    const uint32_t end = batch.runEnd(line, events->capacity - events->count);
    if (end - line > 1) {
      const uint32_t consumed = batch.run(line, end);
      line += consumed;
      if (events->status != STELLA_JSON_DONE) break;
      if (consumed > 0 && line == end) continue;
      if (consumed == 0) {
        // Some line of the run is broken in a way that stage 1 can't confine: take the run line by line.
        bool stopped = false;
        while (line < end && !stopped) {
          stopped = !batch.settle(line, batch.alone(line));
          if (!stopped) line++;
        }
        if (stopped) break;
        continue;
      }
    }
    if (!batch.settle(line, batch.alone(line))) break;
    line++;
  }
  return line - lines->first;
}

extern "C" uint32_t stella_json_parse(
    stella_json *json, const uint8_t *text, uint32_t length, uint8_t *arena, const stella_json_node **nodes,
    uint32_t *count) {
  *count = 0;
  json->nodes.clear();
  Reason reason = json->structurals(text, length);
  if (reason != Reason::none) return static_cast<uint32_t>(reason);
  Walker walker{text, json->index->structural_indexes.get(), length, true, arena};
  Tree tree{json->nodes};
  reason = tree.document(walker);
  if (reason == Reason::none && *walker.at < length) reason = Reason::trailing;
  if (reason != Reason::none) return static_cast<uint32_t>(reason);
  *nodes = json->nodes.data();
  *count = static_cast<uint32_t>(json->nodes.size());
  return 0;
}

extern "C" const char *stella_json_reason(uint32_t reason) {
  switch (static_cast<Reason>(reason)) {
    case Reason::none:
      return "no error";
    case Reason::blank:
      return "the line is blank";
    case Reason::memory:
      return "out of memory";
    case Reason::utf8:
      return "the text is not valid UTF-8";
    case Reason::controlCharacter:
      return "a string holds an unescaped control character";
    case Reason::unclosedString:
      return "a string is not closed";
    case Reason::syntax:
      return "this is not JSON";
    case Reason::notObject:
      return "the value is not an object";
    case Reason::expectedKey:
      return "an object lacks a key in double quotes";
    case Reason::expectedColon:
      return "a key is not followed by a colon";
    case Reason::expectedComma:
      return "values are not separated by a comma";
    case Reason::expectedValue:
      return "a value is missing or is not JSON";
    case Reason::number:
      return "a number is not JSON";
    case Reason::literal:
      return "only true, false and null may stand without quotes";
    case Reason::escape:
      return "a string holds an invalid escape";
    case Reason::deep:
      return "arrays and objects are nested deeper than 256";
    case Reason::truncated:
      return "the line ends before its JSON does";
    case Reason::trailing:
      return "something follows the JSON value";
    case Reason::arenaFull:
      return "out of arena";
  }
  return "unknown";
}
