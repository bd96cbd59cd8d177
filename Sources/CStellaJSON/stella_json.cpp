#include "stella_json.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "json_columns.hpp"
#include "json_plan.hpp"
#include "json_tree.hpp"

using namespace stella;

struct stella_json {
  Parsers parsers;
  Plan plan;
  std::vector<stella_json_node> nodes;
};

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

  /// For the unescaped strings of a document.
  static constexpr size_t arenaNeeded(size_t length) { return 4 * length + 256; }

  void clearRow() {
    for (uint32_t column = 0; column < out->columns; column++) {
      out->cells[size_t(column) * out->stride + out->count] = stella_value{};
    }
    out->raw_times[out->count] = stella_value{};
    out->raw_levels[out->count] = stella_value{};
  }

  /// Fills the row from one line; when the line is refused the row stays empty.
  Reason decode(uint32_t line) {
    const uint8_t *text = lines->base + lines->text_starts[line];
    size_t length = lines->lengths[line];
    if (length >= 3 && std::memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
      text += 3;
      length -= 3;
    }
    ondemand::document document;
    const Reason reason = json->parsers.iterate(text, length, document);
    if (__builtin_expect(reason == Reason::utf8, 0)) return decodeRepaired(text, length);
    STELLA_TRY(reason);
    return fill(document, text, length);
  }

  Reason decodeRepaired(const uint8_t *text, size_t length) {
    const size_t needed = 16 * length + 512;
    if (out->arena_end - out->arena < ptrdiff_t(needed)) {
      out->arena_needed = needed;
      return Reason::arenaFull;
    }
    uint8_t *repaired = out->arena;
    length = stella_utf8_repair(text, length, repaired);
    out->arena += length + 64;
    ondemand::document document;
    STELLA_TRY(json->parsers.iterate(repaired, length, document));
    STELLA_TRY(fill(document, repaired, length));
    out->repaired++;
    return Reason::none;
  }

  Reason fill(ondemand::document &document, const uint8_t *text, size_t length) {
    const bool escapes = std::memchr(text, '\\', length) != nullptr;
    if (escapes && out->arena_end - out->arena < ptrdiff_t(arenaNeeded(length))) {
      out->arena_needed = arenaNeeded(length);
      return Reason::arenaFull;
    }
    Reader reader{json->parsers, text + length, escapes, out->arena};
    Columns columns{json->plan, *out, reader, ++json->plan.stamp};
    Reason reason = columns.document(document);
    if (__builtin_expect(reason == Reason::none && columns.duplicate, 0)) {
      clearRow();
      document.rewind();
      reader.arena = out->arena;
      columns.line = ++json->plan.stamp;
      columns.exact = true;
      reason = columns.document(document);
    }
    if (reason == Reason::none && !Reader::atEnd(document)) reason = Reason::trailing;
    if (reason == Reason::none) {
      out->arena = reader.arena;
    } else {
      clearRow();
    }
    return reason;
  }

  /// The last line (exclusive) of a run from `first`: lines that follow each other with nothing but a line ending between.
  uint32_t runEnd(uint32_t first, uint32_t rows) const {
    uint32_t line = first + 1;
    const uint32_t start = lines->text_starts[first];
    while (line < lines->count && line - first < rows) {
      const uint32_t end = lines->text_starts[line - 1] + lines->lengths[line - 1];
      const uint32_t next = lines->text_starts[line];
      const uint32_t gap = next - end;
      if (next < end || gap == 0 || gap > 2 || lines->base[next - 1] != '\n' ||
          (gap == 2 && lines->base[end] != '\r')) {
        break;
      }
      if (next + lines->lengths[line] - start > Parsers::runBytes) break;
      line++;
    }
    return line;
  }

  /// Decodes lines of a run, each of which must be one document without repeated keys, and returns how many: it stops
  /// before the first line that is anything else, and before the last.
  uint32_t run(uint32_t first, uint32_t end) {
    const uint8_t *base = lines->base + lines->text_starts[first];
    const uint8_t *last = lines->base + lines->text_starts[end - 1] + lines->lengths[end - 1];
    // Of an unclosed document On-Demand reads on behind the run, where a bracket must not close it.
    if (*last != '\n' && *last != '\r') return 0;
    const bool mayEscape = std::memchr(base, '\\', static_cast<size_t>(last - base)) != nullptr;
    ondemand::document_stream stream;
    if (json->parsers.iterateMany(base, static_cast<size_t>(last - base), stream) != Reason::none) return 0;
    uint32_t line = first;
    for (auto each = stream.begin(); each != stream.end() && line < end; ++each, ++line) {
      const uint8_t *text = lines->base + lines->text_starts[line];
      const uint8_t *limit = text + lines->lengths[line];
      ondemand::document_reference found;
      if ((*each).get(found) || base + each.current_index() < text || base + each.current_index() >= limit) break;
      const bool escapes = mayEscape && std::memchr(text, '\\', lines->lengths[line]) != nullptr;
      if (escapes && out->arena_end - out->arena < ptrdiff_t(arenaNeeded(lines->lengths[line]))) break;
      ondemand::document &document = found;
      Reader reader{json->parsers, limit, escapes, out->arena};
      Columns columns{json->plan, *out, reader, ++json->plan.stamp};
      const Reason reason = columns.document(document);
      const char *after;
      // The root must end on this line, and the next document begin behind it. So the last of a run is left over: simdjson
      // tells what follows it from nothing by silence only.
      if (reason != Reason::none || columns.duplicate || document.current_location().get(after) ||
          Reader::bytes(after) < limit || Reader::trim(text, Reader::bytes(after)) > limit) {
        clearRow();
        break;
      }
      out->arena = reader.arena;
      settle(line, Reason::none);
    }
    return line - first;
  }

  /// Counts the line's outcome; false when the call must end before this line.
  bool settle(uint32_t line, Reason reason) {
    if (reason == Reason::none) {
      const uint32_t row = out->count++;
      out->records[row] = lines->base + lines->text_starts[line];
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
};

}  // namespace

extern "C" uint32_t stella_json_decode(stella_json *json, const stella_json_lines *lines, stella_json_events *events) {
  Batch batch{json, lines, events};
  events->status = STELLA_JSON_DONE;
  uint32_t line = lines->first;
  uint32_t alone = line;  // lines before this one have been tried as part of a run
  while (line < lines->count && events->count < events->capacity) {
    if (line >= alone) {
      alone = batch.runEnd(line, events->capacity - events->count);
      if (alone - line > 1) line += batch.run(line, alone);
    }
    if (!batch.settle(line, batch.decode(line))) break;
    line++;
  }
  return line - lines->first;
}

extern "C" uint32_t stella_json_parse(
    stella_json *json, const uint8_t *text, uint32_t length, uint8_t *arena, uint32_t limit,
    const stella_json_node **nodes, uint32_t *count) {
  *count = 0;
  json->nodes.clear();
  Reader reader{json->parsers, text + length, true, arena};
  const Reason reason = Tree{json->nodes, reader, limit}.document(text, length);
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
      return "a comma, a colon, a bracket or a key in double quotes is missing or misplaced";
    case Reason::notObject:
      return "the value is not an object";
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
    case Reason::tooMany:
      return "it has too many values";
  }
  return "unknown";
}
