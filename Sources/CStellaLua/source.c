#include "sandbox.h"

// Lua 5.4.4 builds the message "attempt to index a nil value (field 'x')" by walking the code once per part of an
// access chain such as a.x.x.x, recursively: 64 KiB of it take half a second and megabytes of C stack. A chain of a
// hundred parts is already no program anybody writes, so longer ones are refused before they are compiled.

enum { CHAIN_MOST = 100, BRACKETS_MOST = 180 };

typedef struct scanner {
  const char *at, *end;
  int line;
} scanner;

static bool is_name(char c, bool first) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9');
}

/// At '[': the level of a long bracket, or -1.
static int long_level(const scanner *s) {
  const char *p = s->at + 1;
  int level = 0;
  while (p < s->end && *p == '=') p++, level++;
  return p < s->end && *p == '[' ? level : -1;
}

static void skip_long(scanner *s, int level) {
  s->at += level + 2;
  for (; s->at < s->end; s->at++) {
    if (*s->at == '\n') s->line++;
    if (*s->at != ']') continue;
    const char *p = s->at + 1;
    int closing = 0;
    while (p < s->end && *p == '=') p++, closing++;
    if (closing == level && p < s->end && *p == ']') {
      s->at = p + 1;
      return;
    }
  }
}

static void skip_quoted(scanner *s) {
  char quote = *s->at++;
  while (s->at < s->end && *s->at != quote && *s->at != '\n') {
    if (*s->at == '\\' && s->at + 1 < s->end && *++s->at == '\n') s->line++;
    s->at++;
  }
  if (s->at < s->end && *s->at == quote) s->at++;
}

/// Skips spaces and comments.
static void skip_blank(scanner *s) {
  while (s->at < s->end) {
    if (*s->at == '\n') s->line++, s->at++;
    else if (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\v' || *s->at == '\f') s->at++;
    else if (*s->at == '-' && s->at + 1 < s->end && s->at[1] == '-') {
      s->at += 2;
      int level = s->at < s->end && *s->at == '[' ? long_level(s) : -1;
      if (level >= 0) skip_long(s, level);
      else
        while (s->at < s->end && *s->at != '\n') s->at++;
    } else return;
  }
}

const char *stella_refusal(const char *source, size_t length, int *line) {
  scanner s = {source, source + length, 1};
  int chains[BRACKETS_MOST + 1] = {0};
  int depth = 0;
  bool after_dot = false;
  for (skip_blank(&s); s.at < s.end; skip_blank(&s)) {
    *line = s.line;
    char c = *s.at;
    int level = c == '[' ? long_level(&s) : -1;
    if (level >= 0) {
      skip_long(&s, level);
    } else if (c == '"' || c == '\'') {
      skip_quoted(&s);
    } else if (is_name(c, true)) {
      if (!after_dot) chains[depth] = 0;
      while (s.at < s.end && is_name(*s.at, false)) s.at++;
      after_dot = false;
      continue;
    } else if (c == '.' || c == ':') {
      if (s.at + 1 < s.end && s.at[1] == c) {  // '..', '...', '::' end a chain
        while (s.at < s.end && *s.at == c) s.at++;
        chains[depth] = 0;
      } else {
        s.at++;
        after_dot = true;
        if (++chains[depth] > CHAIN_MOST) return "an access chain of more than 100 parts";
        continue;
      }
    } else if (c == '(' || c == '[' || c == '{') {
      s.at++;
      if (++chains[depth] > CHAIN_MOST) return "an access chain of more than 100 parts";
      if (++depth > BRACKETS_MOST) return "brackets nested deeper than 180";
      chains[depth] = 0;
    } else if (c == ')' || c == ']' || c == '}') {
      s.at++;
      if (depth > 0) depth--;
    } else {
      s.at++;
      chains[depth] = 0;
    }
    after_dot = false;
  }
  return NULL;
}
