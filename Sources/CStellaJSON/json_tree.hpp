#ifndef STELLA_JSON_TREE_HPP
#define STELLA_JSON_TREE_HPP

#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "json_reader.hpp"

namespace stella {

/// Lists every value of a document.
struct Tree {
  std::vector<stella_json_node> &nodes;
  Reader &reader;
  size_t limit;

  /// `text` is the whole document, with 64 readable bytes after it.
  Reason document(const uint8_t *text, size_t length) {
    ondemand::document document;
    STELLA_TRY(reader.parsers.iterate(text, length, document));
    std::string_view token;
    STELLA_TRY(reasonOf(document.raw_json_token().get(token)));
    if (token[0] != '{' && token[0] != '[') return scalarDocument(text, length);
    const uint8_t *start = Reader::bytes(token.data());
    const uint32_t size = static_cast<uint32_t>(Reader::trim(start, text + length) - start);
    const uint8_t kind = token[0] == '{' ? STELLA_OBJECT : STELLA_ARRAY;
    nodes.push_back({stella_value{}, Packed::text(kind, start, size).value(), 0, 0});
    if (kind == STELLA_OBJECT) {
      ondemand::object object;
      STELLA_TRY(reasonOf(document.get_object().get(object)));
      STELLA_TRY(members(object, 1));
    } else {
      ondemand::array array;
      STELLA_TRY(reasonOf(document.get_array().get(array)));
      STELLA_TRY(elements(array, 1));
    }
    nodes[0].next = static_cast<uint32_t>(nodes.size());
    return reader.atEnd(document) ? Reason::none : Reason::trailing;
  }

 private:
  /// A scalar is read as the one element of an array: alone, simdjson 3.0.1 takes `nulll` for null.
  Reason scalarDocument(const uint8_t *text, size_t length) {
    uint8_t *copy = reader.arena;
    copy[0] = '[';
    std::memcpy(copy + 1, text, length);
    copy[length + 1] = ']';
    std::memset(copy + length + 2, 0, 64);
    reader.arena += length + 2 + 64;
    reader.limit = copy + length + 2;
    ondemand::document document;
    STELLA_TRY(reader.parsers.iterate(copy, length + 2, document));
    ondemand::array array;
    STELLA_TRY(reasonOf(document.get_array().get(array)));
    STELLA_TRY(elements(array, 0));
    return nodes.size() == 1 && reader.atEnd(document) ? Reason::none : Reason::trailing;
  }

  Reason value(ondemand::value &value, stella_value key, int depth) {
    std::string_view token;
    STELLA_TRY(reader.tokenOf(value, token));
    const size_t index = nodes.size();
    if (index >= limit) return Reason::tooMany;
    nodes.push_back({key, stella_value{}, 0, 0});
    Packed packed;
    switch (token[0]) {
      case '{': {
        ondemand::object object;
        if (value.get_object().get(object)) return Reason::syntax;
        STELLA_TRY(members(object, depth + 1));
        STELLA_TRY(reader.textOf(value, token, STELLA_OBJECT, packed));
        break;
      }
      case '[': {
        ondemand::array array;
        if (value.get_array().get(array)) return Reason::syntax;
        STELLA_TRY(elements(array, depth + 1));
        STELLA_TRY(reader.textOf(value, token, STELLA_ARRAY, packed));
        break;
      }
      default:
        STELLA_TRY(reader.scalar(value, token, packed));
    }
    nodes[index].value = packed.value();
    nodes[index].next = static_cast<uint32_t>(nodes.size());
    return Reason::none;
  }

  Reason members(ondemand::object &object, int depth) {
    if (depth > maximumDepth) return Reason::deep;
    for (auto each : object) {
      ondemand::field field;
      if (std::move(each).get(field)) return Reason::syntax;
      std::string_view key;
      STELLA_TRY(reader.unescape(field.key(), reader.arena, key));
      const Packed name = Packed::text(STELLA_STRING, Reader::bytes(key.data()), static_cast<uint32_t>(key.size()));
      STELLA_TRY(value(field.value(), name.value(), depth));
    }
    return Reason::none;
  }

  Reason elements(ondemand::array &array, int depth) {
    if (depth > maximumDepth) return Reason::deep;
    for (auto each : array) {
      ondemand::value element;
      if (std::move(each).get(element)) return Reason::syntax;
      STELLA_TRY(value(element, stella_value{}, depth));
    }
    return Reason::none;
  }
};

}  // namespace stella

#endif
