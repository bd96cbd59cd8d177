#ifndef STELLA_LUA_PATTERN_H
#define STELLA_LUA_PATTERN_H

#include "sandbox.h"

enum { PATTERN_NODES = 512, PATTERN_SETS = 64, PATTERN_CAPTURES = 32 };

/// A set of bytes.
typedef struct byte_set {
  uint64_t words[4];
} byte_set;

typedef struct pattern_node {
  uint8_t kind;
  uint8_t repeat;    ///< 0, '*', '+', '-' or '?'
  uint8_t a, b;      ///< the byte, the number of a capture, or the two ends of a balance
  uint16_t classes;  ///< kind CLASS: which
  uint8_t set;       ///< kind SET and FRONTIER: which
} pattern_node;

/// A pattern in compiled form. Lives on the C stack of the function that uses it.
typedef struct pattern {
  bool anchored;
  int node_count, set_count, capture_count;
  pattern_node nodes[PATTERN_NODES];
  byte_set sets[PATTERN_SETS];
} pattern;

enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

typedef struct capture {
  const char *start;
  ptrdiff_t length;
} capture;

typedef struct matcher {
  const pattern *pattern;
  const char *subject, *end;
  lua_State *L;
  stella_lua *S;
  int64_t steps_left;
  int level;
  capture captures[PATTERN_CAPTURES];
} matcher;

/// Compiles or raises. `caret` says whether a leading '^' anchors. O(length).
void pattern_compile(lua_State *L, pattern *pattern, const char *text, size_t length, bool caret);
void matcher_prepare(matcher *matcher, lua_State *L, const pattern *pattern, const char *subject, size_t length);
/// The end of the match that starts at `at`, or NULL. Takes a step per node visited; doesn't return when they are
/// used up. Worst case exponential in the pattern, as every backtracking matcher.
const char *matcher_match(matcher *matcher, const char *at);
/// The first match at or after `*at`; moves `*at` there.
const char *matcher_search(matcher *matcher, const char **at);

#endif
