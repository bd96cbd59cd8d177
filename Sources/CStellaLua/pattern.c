#include "pattern.h"

// Lua patterns, compiled to a list of nodes and matched by backtracking with a step per visit. Agrees with Lua's own
// matcher on every well-formed pattern (see stock_pattern.c); a malformed one is always refused, where Lua notices
// some only when the match gets there.

enum { KIND_BYTE, KIND_ANY, KIND_CLASS, KIND_SET, KIND_OPEN, KIND_POSITION, KIND_CLOSE, KIND_BACK, KIND_BALANCE,
       KIND_FRONTIER, KIND_TAIL, KIND_MATCH };

enum { LOWER = 1, UPPER = 2, DIGIT = 4, CONTROL = 8, SPACE = 16, PUNCTUATION = 32, HEXADECIMAL = 64, ZERO = 128,
       NEGATED = 1 << 15 };

#define IS(c, low, high) ((c) >= (low) && (c) <= (high))
#define CLASSES(c)                                                                                            \
  ((IS(c, 'a', 'z') ? LOWER : 0) | (IS(c, 'A', 'Z') ? UPPER : 0) | (IS(c, '0', '9') ? DIGIT : 0) |             \
   ((c) < 32 || (c) == 127 ? CONTROL : 0) | (IS(c, 9, 13) || (c) == 32 ? SPACE : 0) |                          \
   (IS(c, 33, 47) || IS(c, 58, 64) || IS(c, 91, 96) || IS(c, 123, 126) ? PUNCTUATION : 0) |                    \
   (IS(c, '0', '9') || IS(c, 'a', 'f') || IS(c, 'A', 'F') ? HEXADECIMAL : 0) | ((c) == 0 ? ZERO : 0))
#define CLASSES_8(c)                                                                                          \
  CLASSES(c), CLASSES((c) + 1), CLASSES((c) + 2), CLASSES((c) + 3), CLASSES((c) + 4), CLASSES((c) + 5),        \
      CLASSES((c) + 6), CLASSES((c) + 7)
static const uint8_t classes_of[256] = {
    CLASSES_8(0),  CLASSES_8(8),  CLASSES_8(16), CLASSES_8(24), CLASSES_8(32),  CLASSES_8(40),
    CLASSES_8(48), CLASSES_8(56), CLASSES_8(64), CLASSES_8(72), CLASSES_8(80),  CLASSES_8(88),
    CLASSES_8(96), CLASSES_8(104), CLASSES_8(112), CLASSES_8(120)};

/// The classes that a letter after '%' stands for, NEGATED for capitals; 0 when it is no class letter.
static uint16_t class_of(unsigned char letter) {
  uint16_t classes;
  switch (letter | 32) {
    case 'a': classes = LOWER | UPPER; break;
    case 'c': classes = CONTROL; break;
    case 'd': classes = DIGIT; break;
    case 'g': classes = LOWER | UPPER | DIGIT | PUNCTUATION; break;
    case 'l': classes = LOWER; break;
    case 'p': classes = PUNCTUATION; break;
    case 's': classes = SPACE; break;
    case 'u': classes = UPPER; break;
    case 'w': classes = LOWER | UPPER | DIGIT; break;
    case 'x': classes = HEXADECIMAL; break;
    case 'z': classes = ZERO; break;  // undocumented, but Lua still has it
    default: return 0;
  }
  if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))) return 0;
  return letter & 32 ? classes : classes | NEGATED;
}

static inline bool in_class(uint16_t classes, unsigned char c) {
  return ((classes_of[c] & classes) != 0) != ((classes & NEGATED) != 0);
}

static inline bool in_set(const byte_set *set, unsigned char c) { return set->words[c >> 6] >> (c & 63) & 1; }

static void add_to_set(byte_set *set, unsigned low, unsigned high) {
  for (unsigned c = low; c <= high; c++) set->words[c >> 6] |= (uint64_t)1 << (c & 63);
}

/// Where the ']' of the set is whose first byte (after '[' and '^') is at `at`. As in Lua, this is settled before
/// ranges are read, which shows in sets such as [a-%]x].
static const char *end_of_set(lua_State *L, const char *at, const char *end) {
  for (bool first = true;; first = false) {
    if (at >= end) luaL_error(L, "malformed pattern (missing ']')");
    char c = *at++;
    if (c == ']' && !first) return at - 1;
    if (c == '%' && at < end) at++;
  }
}

/// Reads a set from after its '['; returns the position after its ']'.
static const char *compile_set(lua_State *L, pattern *P, const char *at, const char *end, uint8_t *index) {
  if (P->set_count == PATTERN_SETS) luaL_error(L, "pattern too complex");
  *index = (uint8_t)P->set_count++;
  byte_set *set = &P->sets[*index];
  memset(set, 0, sizeof *set);
  bool negated = at < end && *at == '^';
  if (negated) at++;
  const char *close = end_of_set(L, at, end);
  for (; at < close; at++) {
    unsigned char c = (unsigned char)*at;
    if (c == '%') {
      c = (unsigned char)*++at;
      uint16_t classes = class_of(c);
      if (!classes) add_to_set(set, c, c);
      else
        for (unsigned i = 0; i < 256; i++)
          if (in_class(classes, (unsigned char)i)) add_to_set(set, i, i);
    } else if (at[1] == '-' && at + 2 < close) {
      at += 2;
      add_to_set(set, c, (unsigned char)*at);
    } else {
      add_to_set(set, c, c);
    }
  }
  if (negated)
    for (int i = 0; i < 4; i++) set->words[i] = ~set->words[i];
  return close + 1;
}

static pattern_node *add_node(lua_State *L, pattern *P, uint8_t kind) {
  if (P->node_count == PATTERN_NODES) luaL_error(L, "pattern too complex");
  pattern_node *node = &P->nodes[P->node_count++];
  *node = (pattern_node){.kind = kind};
  return node;
}

/// Compiles what follows a '%' outside a set; returns the position after it.
static const char *compile_escape(lua_State *L, pattern *P, const char *at, const char *end, const bool *closed,
                                  bool *single) {
  if (at >= end) luaL_error(L, "malformed pattern (ends with '%%')");
  unsigned char letter = (unsigned char)*at++;
  *single = false;
  if (letter == 'b') {
    if (end - at < 2) luaL_error(L, "malformed pattern (missing arguments to '%%b')");
    pattern_node *node = add_node(L, P, KIND_BALANCE);
    node->a = (uint8_t)at[0];
    node->b = (uint8_t)at[1];
    return at + 2;
  }
  if (letter == 'f') {
    if (at >= end || *at != '[') luaL_error(L, "missing '[' after '%%f' in pattern");
    uint8_t set;
    at = compile_set(L, P, at + 1, end, &set);
    add_node(L, P, KIND_FRONTIER)->set = set;
    return at;
  }
  if (letter >= '0' && letter <= '9') {
    int capture = letter - '1';
    if (capture < 0 || capture >= P->capture_count || !closed[capture])
      luaL_error(L, "invalid capture index %%%d", capture + 1);
    add_node(L, P, KIND_BACK)->a = (uint8_t)capture;
    return at;
  }
  *single = true;
  uint16_t classes = class_of(letter);
  if (classes) add_node(L, P, KIND_CLASS)->classes = classes;
  else add_node(L, P, KIND_BYTE)->a = letter;
  return at;
}

void pattern_compile(lua_State *L, pattern *P, const char *text, size_t length, bool caret) {
  const char *at = text, *end = text + length;
  uint8_t open[PATTERN_CAPTURES];
  bool closed[PATTERN_CAPTURES] = {false};
  int depth = 0;
  P->node_count = P->set_count = P->capture_count = 0;
  P->anchored = caret && at < end && *at == '^';
  if (P->anchored) at++;
  while (at < end) {
    bool single = true;
    char c = *at++;
    if (c == '(') {
      if (P->capture_count == PATTERN_CAPTURES) luaL_error(L, "too many captures");
      bool position = at < end && *at == ')';
      int capture = P->capture_count++;
      add_node(L, P, position ? KIND_POSITION : KIND_OPEN)->a = (uint8_t)capture;
      if (position) {
        at++;
        closed[capture] = true;
      } else {
        open[depth++] = (uint8_t)capture;
      }
      single = false;
    } else if (c == ')') {
      if (depth == 0) luaL_error(L, "invalid pattern capture");
      add_node(L, P, KIND_CLOSE)->a = open[--depth];
      closed[open[depth]] = true;
      single = false;
    } else if (c == '$' && at == end) {
      add_node(L, P, KIND_TAIL);
      single = false;
    } else if (c == '%') {
      at = compile_escape(L, P, at, end, closed, &single);
    } else if (c == '[') {
      uint8_t set;
      at = compile_set(L, P, at, end, &set);
      add_node(L, P, KIND_SET)->set = set;
    } else if (c == '.') {
      add_node(L, P, KIND_ANY);
    } else {
      add_node(L, P, KIND_BYTE)->a = (uint8_t)c;
    }
    if (single && at < end && (*at == '*' || *at == '+' || *at == '-' || *at == '?'))
      P->nodes[P->node_count - 1].repeat = (uint8_t)*at++;
  }
  if (depth > 0) luaL_error(L, "unfinished capture");
  add_node(L, P, KIND_MATCH);
  stella_charge(L, stella_of(L), (int64_t)length / 4 + 8 * P->set_count);
}

static inline bool accepts(const pattern *P, const pattern_node *node, unsigned char c) {
  switch (node->kind) {
    case KIND_BYTE: return node->a == c;
    case KIND_ANY: return true;
    case KIND_CLASS: return in_class(node->classes, c);
    default: return in_set(&P->sets[node->set], c);
  }
}

static inline void visit(matcher *M, int64_t steps) {
  if ((M->steps_left -= steps) < 0) {
    M->S->steps_left = M->steps_left;
    stella_kill(M->L, STELLA_LUA_KIND_BUDGET);
  }
}

static const char *match(matcher *M, const char *s, const pattern_node *node);

/// As many as possible first, then one less each time.
static const char *match_greedy(matcher *M, const char *s, const pattern_node *node) {
  const pattern *P = M->pattern;
  const char *last = s;
  if (node->kind == KIND_ANY) last = M->end;
  else
    while (last < M->end && accepts(P, node, (unsigned char)*last)) last++;
  visit(M, (last - s) / 2);
  const pattern_node *next = node + 1;
  if (next->kind == KIND_MATCH) return last;
  bool literal = next->kind == KIND_BYTE && (next->repeat == 0 || next->repeat == '+');
  for (; last >= s; last--) {
    visit(M, 1);
    if (literal && (last == M->end || (unsigned char)*last != next->a)) continue;
    const char *result = match(M, last, next);
    if (result) return result;
  }
  return NULL;
}

/// As few as possible first, then one more each time.
static const char *match_lazy(matcher *M, const char *s, const pattern_node *node) {
  const pattern *P = M->pattern;
  const pattern_node *next = node + 1;
  bool literal = next->kind == KIND_BYTE && (next->repeat == 0 || next->repeat == '+');
  for (;; s++) {
    visit(M, 1);
    if (!literal || (s < M->end && (unsigned char)*s == next->a)) {
      const char *result = match(M, s, next);
      if (result) return result;
    }
    if (s >= M->end || !accepts(P, node, (unsigned char)*s)) return NULL;
  }
}

static const char *match_balance(matcher *M, const char *s, const pattern_node *node) {
  if (s >= M->end || (unsigned char)*s != node->a) return NULL;
  const char *from = s;
  int64_t depth = 1;
  while (++s < M->end) {
    unsigned char c = (unsigned char)*s;
    if (c == node->b) {
      if (--depth == 0) {
        visit(M, s - from);
        return s + 1;
      }
    } else if (c == node->a) {
      depth++;
    }
  }
  visit(M, s - from);
  return NULL;
}

static const char *match_capture(matcher *M, const char *s, const pattern_node *node) {
  capture *capture = &M->captures[node->a];
  const char *result;
  if (node->kind == KIND_CLOSE) {
    capture->length = s - capture->start;
    result = match(M, s, node + 1);
    if (!result) capture->length = CAPTURE_OPEN;
    return result;
  }
  *capture = (struct capture){s, node->kind == KIND_POSITION ? CAPTURE_POSITION : CAPTURE_OPEN};
  M->level = node->a + 1;
  result = match(M, s, node + 1);
  if (!result) M->level = node->a;
  return result;
}

/// Recursion is at most one level per node of the pattern.
static const char *match(matcher *M, const char *s, const pattern_node *node) {
  const pattern *P = M->pattern;
  for (;; node++) {
    visit(M, 1);
    switch (node->kind) {
      case KIND_MATCH: return s;
      case KIND_TAIL:
        if (s != M->end) return NULL;
        break;
      case KIND_OPEN:
      case KIND_POSITION:
      case KIND_CLOSE: return match_capture(M, s, node);
      case KIND_BALANCE:
        s = match_balance(M, s, node);
        if (!s) return NULL;
        break;
      case KIND_FRONTIER: {
        const byte_set *set = &P->sets[node->set];
        unsigned char before = s == M->subject ? 0 : (unsigned char)s[-1];
        unsigned char after = s == M->end ? 0 : (unsigned char)*s;
        if (in_set(set, before) || !in_set(set, after)) return NULL;
        break;
      }
      case KIND_BACK: {
        const capture *capture = &M->captures[node->a];
        ptrdiff_t length = capture->length;
        if (length < 0 || M->end - s < length) return NULL;  // a position capture equals nothing
        visit(M, length / 16);
        if (memcmp(capture->start, s, (size_t)length) != 0) return NULL;
        s += length;
        break;
      }
      default: {
        bool here = s < M->end && accepts(P, node, (unsigned char)*s);
        switch (node->repeat) {
          case 0:
            if (!here) return NULL;
            s++;
            break;
          case '?':
            if (here) {
              const char *result = match(M, s + 1, node + 1);
              if (result) return result;
            }
            break;
          case '-': return match_lazy(M, s, node);
          case '+': return here ? match_greedy(M, s + 1, node) : NULL;
          default: return match_greedy(M, s, node);
        }
      }
    }
  }
}

void matcher_prepare(matcher *M, lua_State *L, const pattern *P, const char *subject, size_t length) {
  M->pattern = P;
  M->subject = subject;
  M->end = subject + length;
  M->L = L;
  M->S = stella_of(L);
  M->level = 0;
}

const char *matcher_match(matcher *M, const char *at) {
  M->steps_left = M->S->steps_left;
  M->level = 0;
  const char *result = match(M, at, M->pattern->nodes);
  M->S->steps_left = M->steps_left;
  return result;
}

const char *matcher_search(matcher *M, const char **at) {
  const pattern_node *first = M->pattern->nodes;
  if (M->pattern->anchored) return matcher_match(M, *at);
  bool literal = first->kind == KIND_BYTE && (first->repeat == 0 || first->repeat == '+');
  for (;; ++*at) {
    if (literal) {
      const char *found = *at < M->end ? memchr(*at, first->a, (size_t)(M->end - *at)) : NULL;
      stella_charge(M->L, M->S, ((found ? found : M->end) - *at) / 16);
      if (!found) return NULL;
      *at = found;
    }
    const char *result = matcher_match(M, *at);
    if (result || *at >= M->end) return result;
  }
}
