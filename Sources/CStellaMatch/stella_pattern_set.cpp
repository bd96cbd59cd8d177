#include <hs/hs.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "stella_match.h"

using shared_database = std::shared_ptr<hs_database_t>;

// The databases compiled last, by what they were compiled from. Compiling a set of patterns takes up to a second, and the
// same set is asked for again by a reload of other rules and by every case of a rule's test. A database never changes.
struct compiled_database {
  std::string source;
  shared_database database;
};
static const size_t compiled_most = 16;
static std::mutex compiled_lock;
static std::list<compiled_database> compiled;

struct stella_pattern_set {
  shared_database database;
  hs_scratch_t *scratch = nullptr;
  std::vector<const stella_regex *> confirmations;
  std::vector<uint64_t> bits;
  // A pattern's bitmap counts only when its stamp is the current generation, so that `begin` need not clear them all.
  std::vector<uint32_t> stamps;
  std::vector<uint32_t> touched;
  uint32_t generation = 1;
  uint32_t touched_count = 0;
  uint64_t scanned[STELLA_BITS_WORDS] = {};
  // The text under the scan, for the callback.
  const stella_value *cell = nullptr;
  uint32_t event = 0;

  ~stella_pattern_set() {
    hs_free_scratch(scratch);
  }
};

static shared_database compiled_earlier(const std::string &source) {
  std::lock_guard<std::mutex> guard(compiled_lock);
  for (auto entry = compiled.begin(); entry != compiled.end(); ++entry) {
    if (entry->source != source) continue;
    compiled.splice(compiled.begin(), compiled, entry);
    return entry->database;
  }
  return nullptr;
}

static void remember(std::string source, shared_database database) {
  std::lock_guard<std::mutex> guard(compiled_lock);
  compiled.push_front({std::move(source), std::move(database)});
  if (compiled.size() > compiled_most) compiled.pop_back();
}

static const uint64_t no_bits[STELLA_BITS_WORDS] = {};

static unsigned flags_of(const stella_pattern &pattern) {
  unsigned flags = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;
  if (pattern.flags & STELLA_PATTERN_UTF8) flags |= HS_FLAG_UTF8;
  if (pattern.flags & STELLA_PATTERN_CASELESS) flags |= HS_FLAG_CASELESS;
  return flags;
}

extern "C" bool stella_pattern_accepted(const stella_pattern *pattern) {
  hs_expr_info_t *info = nullptr;
  hs_compile_error_t *failure = nullptr;
  bool accepted = hs_expression_info(pattern->expression, flags_of(*pattern), &info, &failure) == HS_SUCCESS;
  if (failure != nullptr) hs_free_compile_error(failure);
  free(info);
  return accepted;
}

extern "C" stella_pattern_set *stella_pattern_set_create(
    const stella_pattern *patterns, uint32_t count, int32_t *refused, char *error, size_t error_capacity) {
  *refused = -1;
  auto *set = new stella_pattern_set();
  std::vector<const char *> expressions;
  std::vector<unsigned> flags, ids;
  for (uint32_t i = 0; i < count; i++) {
    expressions.push_back(patterns[i].expression);
    flags.push_back(flags_of(patterns[i]));
    ids.push_back(i);
    set->confirmations.push_back(patterns[i].confirmation);
  }
  std::string source;
  for (uint32_t i = 0; i < count; i++) {
    source += std::to_string(flags[i]);
    source += ' ';
    source += expressions[i];
    source += '\n';
  }
  hs_compile_error_t *failure = nullptr;
  hs_error_t status = HS_SUCCESS;
  set->database = compiled_earlier(source);
  if (!set->database) {
    hs_database_t *database = nullptr;
    status = hs_compile_multi(
        expressions.data(), flags.data(), ids.data(), count, HS_MODE_BLOCK, nullptr, &database, &failure);
    if (status == HS_SUCCESS) {
      set->database = shared_database(database, hs_free_database);
      remember(std::move(source), set->database);
    }
  }
  if (status == HS_SUCCESS) status = hs_alloc_scratch(set->database.get(), &set->scratch);
  if (status != HS_SUCCESS) {
    if (failure != nullptr) *refused = failure->expression;
    if (error_capacity > 0) {
      std::snprintf(error, error_capacity, "%s", failure != nullptr ? failure->message : "out of memory");
    }
    if (failure != nullptr) hs_free_compile_error(failure);
    delete set;
    return nullptr;
  }
  set->bits.resize(static_cast<size_t>(count) * STELLA_BITS_WORDS);
  set->stamps.resize(count, 0);
  set->touched.resize(count, 0);
  return set;
}

extern "C" void stella_pattern_set_destroy(stella_pattern_set *set) { delete set; }

extern "C" void stella_pattern_set_begin(stella_pattern_set *set) {
  set->touched_count = 0;
  stella_bits_clear(set->scanned);
  if (++set->generation == 0) {
    std::fill(set->stamps.begin(), set->stamps.end(), 0);
    set->generation = 1;
  }
}

static int on_match(unsigned id, unsigned long long, unsigned long long, unsigned, void *context) {
  auto *set = static_cast<stella_pattern_set *>(context);
  const stella_regex *confirmation = set->confirmations[id];
  if (confirmation != nullptr && !stella_regex_matches(confirmation, set->cell->p, set->cell->length)) return 0;
  uint64_t *bits = &set->bits[static_cast<size_t>(id) * STELLA_BITS_WORDS];
  if (set->stamps[id] != set->generation) {
    set->stamps[id] = set->generation;
    stella_bits_clear(bits);
    set->touched[set->touched_count++] = id;
  }
  bits[set->event >> 6] |= UINT64_C(1) << (set->event & 63);
  return 0;
}

extern "C" bool stella_pattern_set_scan(
    stella_pattern_set *set, const stella_value *column, const uint64_t *events) {
  for (uint32_t word = 0; word < STELLA_BITS_WORDS; word++) {
    uint64_t rest = events[word] & ~set->scanned[word];
    set->scanned[word] |= rest;
    for (; rest != 0; rest &= rest - 1) {
      set->event = word * 64 + static_cast<uint32_t>(__builtin_ctzll(rest));
      set->cell = column + set->event;
      if (set->cell->kind != STELLA_STRING) continue;
      const char *text = set->cell->length == 0 ? "" : reinterpret_cast<const char *>(set->cell->p);
      if (hs_scan(set->database.get(), text, set->cell->length, 0, set->scratch, on_match, set) != HS_SUCCESS) return false;
    }
  }
  return true;
}

extern "C" const uint64_t *stella_pattern_set_bits(const stella_pattern_set *set, uint32_t index) {
  if (set->stamps[index] != set->generation) return no_bits;
  return &set->bits[static_cast<size_t>(index) * STELLA_BITS_WORDS];
}

extern "C" const uint64_t *stella_pattern_set_scanned(const stella_pattern_set *set) { return set->scanned; }

extern "C" const uint32_t *stella_pattern_set_touched(const stella_pattern_set *set, uint32_t *count) {
  *count = set->touched_count;
  return set->touched.data();
}

extern "C" size_t stella_pattern_set_size(const stella_pattern_set *set) {
  size_t database = 0, scratch = 0;
  hs_database_size(set->database.get(), &database);
  hs_scratch_size(set->scratch, &scratch);
  return database + scratch + set->bits.size() * sizeof(uint64_t) + set->stamps.size() * 2 * sizeof(uint32_t);
}
