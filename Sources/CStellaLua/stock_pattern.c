#include <lualib.h>
#include <stdio.h>

#include "sandbox.h"

// The differential test of the pattern functions. Not used outside the test-suite. Patterns and subjects are short, so
// that Lua's own matcher, which nothing interrupts, can't run long.

enum { TEXT_BYTES = 48, TRANSCRIPT_BYTES = 8192, MATCHES_MOST = 64 };
enum { FIND, MATCH, GMATCH, GSUB, FUNCTIONS };
static const char *const function_names[FUNCTIONS] = {"find", "match", "gmatch", "gsub"};

typedef struct text {
  char bytes[TEXT_BYTES];
  size_t length;
} text;

typedef struct round_input {
  text pattern, subject, replacement;
  lua_Integer start, most;
  bool plain;
} round_input;

typedef struct transcript {
  bool failed;
  size_t length;
  char bytes[TRANSCRIPT_BYTES];
} transcript;

static uint64_t next_random(uint64_t *state) {  // splitmix64
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static uint32_t below(uint64_t *random, uint32_t limit) { return (uint32_t)(next_random(random) >> 33) % limit; }

static void add(text *to, const char *bytes, size_t length) {
  if (to->length + length > TEXT_BYTES) return;
  memcpy(to->bytes + to->length, bytes, length);
  to->length += length;
}

static void add_random_byte(uint64_t *random, text *to) {
  static const char bytes[] = "aabbcAB12 _.,-x%]^\0\xC3\xA9";
  add(to, bytes + below(random, sizeof bytes - 1), 1);
}

static void add_letter(uint64_t *random, text *to) {
  static const char letters[] = "aabbcAB12 _x\0\xC3";
  add(to, letters + below(random, sizeof letters - 1), 1);
}

static void add_class(uint64_t *random, text *to) {
  static const char classes[] = "acdglpsuwxACDGLPSUWX.%-]z";
  add(to, "%", 1);
  add(to, classes + below(random, sizeof classes - 1), 1);
}

static void add_set(uint64_t *random, text *to) {
  add(to, "[", 1);
  if (below(random, 3) == 0) add(to, "^", 1);
  if (below(random, 8) == 0) add(to, "]", 1);
  for (uint32_t i = below(random, 3) + 1; i > 0; i--) {
    switch (below(random, 4)) {
      case 0: add_class(random, to); break;
      case 1:
        add_letter(random, to);
        add(to, "-", 1);
        add_letter(random, to);
        break;
      default: add_letter(random, to);
    }
  }
  if (below(random, 8) == 0) add(to, "-", 1);
  add(to, "]", 1);
}

/// A pattern that is well formed by construction.
static void make_pattern(uint64_t *random, text *to) {
  uint32_t captures = 0, open[4], depth = 0, closed = 0;
  if (below(random, 5) == 0) add(to, "^", 1);
  for (uint32_t items = below(random, 5) + 1; items > 0 && to->length < TEXT_BYTES - 16; items--) {
    bool single = true;
    switch (below(random, 14)) {
      case 0:
        if (depth < 3 && captures < 4) open[depth++] = captures++, add(to, "(", 1);
        single = false;
        break;
      case 1:
        if (captures < 4) captures++, add(to, "()", 2);
        single = false;
        break;
      case 2:
        if (depth > 0) closed |= 1u << open[--depth], add(to, ")", 1);
        single = false;
        break;
      case 3: {
        char reference[2] = {'%', (char)('1' + below(random, 4))};
        if (closed >> (reference[1] - '1') & 1) add(to, reference, 2);
        single = false;
        break;
      }
      case 4:
        add(to, "%b", 2);
        add_letter(random, to);
        add_letter(random, to);
        single = false;
        break;
      case 5:
        add(to, "%f", 2);
        add_set(random, to);
        single = false;
        break;
      case 6: add_set(random, to); break;
      case 7:
      case 8: add_class(random, to); break;
      case 9: add(to, ".", 1); break;
      default: add_letter(random, to);
    }
    if (single && below(random, 2)) add(to, &"*+-?"[below(random, 4)], 1);
  }
  while (depth-- > 0) add(to, ")", 1);
  if (below(random, 5) == 0) add(to, "$", 1);
}

static void make_noise(uint64_t *random, text *to) {
  static const char noise[] = "ab%%[]()^$.*+-?bf12-a";
  for (uint32_t i = below(random, 10) + 1; i > 0; i--) add(to, noise + below(random, sizeof noise - 1), 1);
}

static bool make_round(uint64_t *random, round_input *input) {
  memset(input, 0, sizeof *input);
  bool well_formed = below(random, 4) != 0;
  if (well_formed) make_pattern(random, &input->pattern);
  else make_noise(random, &input->pattern);
  for (uint32_t i = below(random, 18); i > 0; i--) add_random_byte(random, &input->subject);
  for (uint32_t i = below(random, 4); i > 0; i--) {
    static const char *const pieces[] = {"%0", "%1", "%2", "%%", "x", "--", "%a", "%"};
    const char *piece = pieces[below(random, below(random, 8) ? 6 : 8)];
    add(&input->replacement, piece, strlen(piece));
  }
  input->start = (lua_Integer)below(random, 24) - 8;
  input->most = below(random, 3) ? 100 : (lua_Integer)below(random, 4);
  input->plain = below(random, 20) == 0;
  return well_formed;
}

static void note(transcript *out, const char *bytes, size_t length) {
  if (out->length + length > TRANSCRIPT_BYTES) return;
  memcpy(out->bytes + out->length, bytes, length);
  out->length += length;
}

/// Writes down the values above `base` and pops them.
static void note_values(lua_State *L, int base, transcript *out) {
  for (int i = base + 1; i <= lua_gettop(L); i++) {
    size_t length;
    note(out, lua_isinteger(L, i) ? "i" : lua_isstring(L, i) ? "s" : "n", 1);
    const char *bytes = lua_tolstring(L, i, &length);
    if (bytes) note(out, bytes, length);
    note(out, "|", 1);
  }
  lua_settop(L, base);
}

static bool note_call(lua_State *L, int arguments, transcript *out) {
  int base = lua_gettop(L) - arguments - 1;
  int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
  if (status == LUA_OK) {
    if (lua_gettop(L) > base && lua_isfunction(L, base + 1)) return true;
    note_values(L, base, out);
    return true;
  }
  out->failed = true;
  out->length = 0;
  note_values(L, base, out);
  return false;
}

/// Calls one function as the table at `library` has it and writes down what comes back.
static void run_function(lua_State *L, int library, int function, const round_input *input, transcript *out) {
  out->failed = false;
  out->length = 0;
  int base = lua_gettop(L), arguments = 2;
  lua_getfield(L, library, function_names[function]);
  lua_pushlstring(L, input->subject.bytes, input->subject.length);
  lua_pushlstring(L, input->pattern.bytes, input->pattern.length);
  if (function == GSUB) {
    lua_pushlstring(L, input->replacement.bytes, input->replacement.length);
    lua_pushinteger(L, input->most);
    arguments = 4;
  } else {
    lua_pushinteger(L, input->start);
    arguments = 3;
    if (function == FIND) {
      lua_pushboolean(L, input->plain);
      arguments = 4;
    }
  }
  if (!note_call(L, arguments, out) || function != GMATCH) return;
  for (int i = 0; i < MATCHES_MOST; i++) {
    size_t before = out->length;
    lua_pushvalue(L, base + 1);
    if (!note_call(L, 0, out)) break;
    if (out->length == before) break;
    note(out, ";", 1);
  }
  lua_settop(L, base);
}

static void show(char *to, size_t room, const char *bytes, size_t length) {
  size_t at = 0;
  for (size_t i = 0; i < length && at + 5 < room; i++) {
    unsigned char c = (unsigned char)bytes[i];
    at += (size_t)snprintf(to + at, room - at, c < 32 || c > 126 ? "\\%03d" : "%c", c);
  }
  to[at] = 0;
}

static void keep_example(stella_lua_pattern_report *report, int function, const round_input *input,
                         const transcript *stock, const transcript *own) {
  char pattern[200], subject[100], first[60], second[60];
  if (report->example[0]) return;
  show(pattern, sizeof pattern, input->pattern.bytes, input->pattern.length);
  show(subject, sizeof subject, input->subject.bytes, input->subject.length);
  show(first, sizeof first, stock->bytes, stock->length);
  show(second, sizeof second, own->bytes, own->length);
  snprintf(report->example, sizeof report->example, "%s of <%s> in <%s> from %lld: Lua %s%s, sandbox %s%s",
           function_names[function], pattern, subject, (long long)input->start, stock->failed ? "error " : "", first,
           own->failed ? "error " : "", second);
}

stella_lua_pattern_report stella_lua_compare_patterns(uint64_t seed, int64_t rounds) {
  stella_lua_pattern_report report = {0};
  stella_lua_limits limits = {.memory_bytes = 1 << 24, .hook_interval = 100, .string_bytes = 1 << 16, .values = 250,
                              .nesting = 16};
  stella_lua_host host = {0};
  stella_lua *S = stella_lua_open(&limits, &host, NULL, 0);
  lua_State *stock = luaL_newstate();
  if (!S || !stock) {
    report.different = -1;
    return report;
  }
  lua_State *own = S->L;
  luaL_requiref(stock, "string", luaopen_string, 1);
  lua_getglobal(own, "string");
  int stock_library = lua_gettop(stock), own_library = lua_gettop(own);
  uint64_t random = seed;
  for (int64_t round = 0; round < rounds; round++) {
    round_input input;
    transcript expected, actual;
    bool well_formed = make_round(&random, &input);
    S->steps_left = S->traffic_left = INT64_MAX;
    S->nesting = 0;
    S->buffer_length = 0;
    for (int function = 0; function < FUNCTIONS; function++) {
      run_function(stock, stock_library, function, &input, &expected);
      run_function(own, own_library, function, &input, &actual);
      if (!expected.failed && !actual.failed && expected.length == actual.length &&
          memcmp(expected.bytes, actual.bytes, actual.length) == 0) {
        report.compared++;
      } else if (expected.failed && actual.failed) {
        report.rejected++;
      } else if (actual.failed && !well_formed) {
        report.stricter++;
      } else {
        report.different++;
        keep_example(&report, function, &input, &expected, &actual);
      }
    }
    if (round % 256 == 0) lua_gc(own, LUA_GCCOLLECT);
  }
  lua_close(stock);
  stella_lua_close(S);
  return report;
}
