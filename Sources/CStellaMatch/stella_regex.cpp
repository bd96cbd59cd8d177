#include <re2/re2.h>

#include <cstdio>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "stella_match.h"

struct stella_regex {
  RE2 re2;
  stella_regex(const re2::StringPiece &pattern, const RE2::Options &options) : re2(pattern, options) {}
};

// Bounds what the lazily built automata of one expression may hold; RE2 then falls back to a slower, still linear engine.
static const int64_t memory_bytes = 1 << 20;

extern "C" stella_regex *stella_regex_create(
    const uint8_t *pattern, size_t length, char *error, size_t error_capacity) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory_bytes);
  re2::StringPiece piece(reinterpret_cast<const char *>(pattern), length);
  auto *regex = new (std::nothrow) stella_regex(piece, options);
  if (regex == nullptr || !regex->re2.ok()) {
    if (error_capacity > 0) {
      std::snprintf(error, error_capacity, "%s", regex == nullptr ? "out of memory" : regex->re2.error().c_str());
    }
    delete regex;
    return nullptr;
  }
  return regex;
}

extern "C" void stella_regex_destroy(stella_regex *regex) { delete regex; }

static re2::StringPiece piece_of(const uint8_t *text, size_t length) {
  return re2::StringPiece(reinterpret_cast<const char *>(text), length);
}

extern "C" bool stella_regex_matches(const stella_regex *regex, const uint8_t *text, size_t length) {
  return regex->re2.Match(piece_of(text, length), 0, length, RE2::UNANCHORED, nullptr, 0);
}

extern "C" int32_t stella_regex_program_size(const stella_regex *regex) { return regex->re2.ProgramSize(); }

extern "C" int32_t stella_regex_group_count(const stella_regex *regex) {
  return regex->re2.NumberOfCapturingGroups();
}

extern "C" const char *stella_regex_group_name(const stella_regex *regex, int32_t index) {
  const std::map<int, std::string> &names = regex->re2.CapturingGroupNames();
  auto found = names.find(index);
  return found == names.end() ? nullptr : found->second.c_str();
}

extern "C" bool stella_regex_captures(
    const stella_regex *regex, const uint8_t *text, size_t length, int32_t *bounds) {
  int groups = regex->re2.NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> found(groups);
  if (!regex->re2.Match(piece_of(text, length), 0, length, RE2::UNANCHORED, found.data(), groups)) return false;
  for (int i = 0; i < groups; i++) {
    const char *start = found[i].data();
    bounds[2 * i] = start == nullptr ? -1 : static_cast<int32_t>(start - reinterpret_cast<const char *>(text));
    bounds[2 * i + 1] = start == nullptr ? -1 : bounds[2 * i] + static_cast<int32_t>(found[i].size());
  }
  return true;
}
