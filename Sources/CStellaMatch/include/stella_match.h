#ifndef STELLA_MATCH_H
#define STELLA_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stella_bits.h"
#include "stella_order.h"
#include "stella_value.h"

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Regular expressions (RE2: linear time, UTF-8)

/// A compiled RE2 expression. Immutable; any number of threads may use it at once.
typedef struct stella_regex stella_regex;

/// NULL when RE2 refuses the expression; then `error` holds its reason, NUL-terminated.
stella_regex *stella_regex_create(const uint8_t *pattern, size_t length, char *error, size_t error_capacity);
void stella_regex_destroy(stella_regex *regex);
/// Whether the expression matches anywhere in the text.
bool stella_regex_matches(const stella_regex *regex, const uint8_t *text, size_t length);
/// Instructions of the compiled program.
int32_t stella_regex_program_size(const stella_regex *regex);
/// Capturing groups, without the whole match.
int32_t stella_regex_group_count(const stella_regex *regex);
/// The name of group `index` (from 1), or NULL when it has none. Valid as long as the expression.
const char *stella_regex_group_name(const stella_regex *regex, int32_t index);
/// Fills `bounds` with begin and end of the leftmost match and of each group, -1 for a group that took no part.
/// `bounds` has room for `2 * (stella_regex_group_count + 1)` numbers. False when nothing matches.
bool stella_regex_captures(const stella_regex *regex, const uint8_t *text, size_t length, int32_t *bounds);

// MARK: Many patterns over one column (Vectorscan)

enum { STELLA_PATTERN_UTF8 = 1, STELLA_PATTERN_CASELESS = 2 };

/// One pattern in Vectorscan's syntax. `confirmation`, when set, decides on each text that the pattern hits, so the
/// pattern may match too much but never too little; it must outlive the set.
typedef struct stella_pattern {
  const char *expression;
  uint32_t flags;
  const stella_regex *confirmation;
} stella_pattern;

/// Whether Vectorscan can run the pattern. Does not build a database.
bool stella_pattern_accepted(const stella_pattern *pattern);

/// A database of patterns, with the results of the current batch. One thread at a time.
typedef struct stella_pattern_set stella_pattern_set;

/// NULL on failure: `refused` is the index of the pattern at fault or -1, `error` the reason, NUL-terminated.
stella_pattern_set *stella_pattern_set_create(
    const stella_pattern *patterns, uint32_t count, int32_t *refused, char *error, size_t error_capacity);
void stella_pattern_set_destroy(stella_pattern_set *set);
/// Forgets the results of the previous batch. O(1).
void stella_pattern_set_begin(stella_pattern_set *set);
/// Runs all patterns over the text cells of those `events` that were not scanned since `begin`. False when Vectorscan
/// reports an error, which a valid database and text never cause.
bool stella_pattern_set_scan(stella_pattern_set *set, const stella_value *column, const uint64_t *events);
/// Events that pattern `index` matched, of those scanned.
const uint64_t *stella_pattern_set_bits(const stella_pattern_set *set, uint32_t index);
const uint64_t *stella_pattern_set_scanned(const stella_pattern_set *set);
/// Patterns with at least one match since `begin`, in order of their first match.
const uint32_t *stella_pattern_set_touched(const stella_pattern_set *set, uint32_t *count);
/// Bytes held by the database and its results.
size_t stella_pattern_set_size(const stella_pattern_set *set);

// MARK: Many values over one column (a hash table)

/// Distinct values to look each cell up in, with the results of the current batch. One thread at a time.
typedef struct stella_value_set stella_value_set;

/// `values` are numbers, booleans or text, pairwise unequal; text must outlive the set.
stella_value_set *stella_value_set_create(const stella_value *values, uint32_t count);
void stella_value_set_destroy(stella_value_set *set);
/// Forgets the previous batch, then looks up the cells of `events`. One lookup per event.
void stella_value_set_scan(stella_value_set *set, const stella_value *column, const uint64_t *events);
/// Events whose cell equals value `index`, of those scanned.
const uint64_t *stella_value_set_bits(const stella_value_set *set, uint32_t index);
const uint32_t *stella_value_set_touched(const stella_value_set *set, uint32_t *count);
/// The index of the value that equals `cell`, or -1.
int32_t stella_value_set_find(const stella_value_set *set, const stella_value *cell);

// MARK: Levels

/// Sorts `count` events by the ordinal in their `level` cell into 8 bitmaps; bitmap 0 takes events without a level.
void stella_level_bits(const stella_value *column, int count, uint64_t *bits);

// MARK: Text

/// Whether `needle` occurs in `text`. An empty needle occurs in every text.
bool stella_text_contains(const uint8_t *text, size_t length, const uint8_t *needle, size_t needle_length);
/// The same without regard to the case of ASCII letters; `needle` is in lower case.
bool stella_text_contains_caseless(const uint8_t *text, size_t length, const uint8_t *needle, size_t needle_length);
/// Whether the `length` bytes of both are equal without regard to the case of ASCII letters; `b` is in lower case.
bool stella_text_equals_caseless(const uint8_t *a, const uint8_t *b, size_t length);

// MARK: Personal data

enum { STELLA_PERSONAL_EMAIL = 1, STELLA_PERSONAL_TOKEN = 2, STELLA_PERSONAL_ADDRESS = 4, STELLA_PERSONAL_CARD = 8 };

/// Tells most records that have no personal data from those that may have some. Immutable once it is filled; any number of
/// threads may use it at once.
typedef struct stella_personal stella_personal;

typedef enum stella_personal_word {
  /// What a credential begins with, where a word begins.
  STELLA_PERSONAL_BEGINNING,
  /// The same in lower case, for whatever case.
  STELLA_PERSONAL_SCHEME,
  /// What the name of a value that is taken out ends with: in lower case, for whatever case; `-` and `.` stand for `_`, too.
  STELLA_PERSONAL_ENDING,
} stella_personal_word;

/// NULL when there is no memory.
stella_personal *stella_personal_create(uint32_t kinds);
void stella_personal_destroy(stella_personal *personal);
/// A word that is looked for.
void stella_personal_add(stella_personal *personal, stella_personal_word kind, const uint8_t *word, size_t length);
/// False when there is nothing in the text, plain or JSON, that is found by its form or by the name before it. True tells
/// nothing: the text has a sign that could belong to such a thing. One pass, O(length).
bool stella_personal_possible(const stella_personal *personal, const uint8_t *text, size_t length);

// MARK: Addresses

/// An IP address or the network around it. An IPv4 address, also one written as `::ffff:10.0.0.1`, is kept in the
/// last four bytes.
typedef struct stella_address {
  uint8_t bytes[16];
  /// Significant leading bits: 0–32 for IPv4, 0–128 for IPv6.
  uint8_t prefix;
  bool is_v4;
} stella_address;

/// Reads `10.1.2.3`, `2001:db8::1` or `fe80::1%eth0`. False for anything else.
bool stella_address_parse(const uint8_t *text, size_t length, stella_address *address);
/// Whether `address` lies in `block`. Families never mix.
bool stella_address_within(const stella_address *address, const stella_address *block);

#ifdef __cplusplus
}
#endif

#endif
