#include "sandbox.h"

// Characters are bytes; upper and lower know ASCII only, whatever the locale.

static size_t start_position(lua_Integer position, size_t length) {
  if (position > 0) return (size_t)position;
  if (position == 0 || position < -(lua_Integer)length) return 1;
  return length + (size_t)position + 1;
}

static size_t end_position(lua_Integer position, size_t length) {
  if (position > (lua_Integer)length) return length;
  if (position >= 0) return (size_t)position;
  if (position < -(lua_Integer)length) return 0;
  return length + (size_t)position + 1;
}

static int string_len(lua_State *L) {
  size_t length;
  luaL_checklstring(L, 1, &length);
  lua_pushinteger(L, (lua_Integer)length);
  return 1;
}

static int string_sub(lua_State *L) {
  size_t length;
  const char *s = luaL_checklstring(L, 1, &length);
  size_t first = start_position(luaL_checkinteger(L, 2), length);
  size_t last = end_position(luaL_optinteger(L, 3, -1), length);
  if (first <= last) lua_pushlstring(L, s + first - 1, last - first + 1);
  else lua_pushliteral(L, "");
  return 1;
}

typedef char (*mapping)(const char *s, size_t length, size_t i);
static char map_upper(const char *s, size_t n, size_t i) {
  (void)n;
  return s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32) : s[i];
}
static char map_lower(const char *s, size_t n, size_t i) {
  (void)n;
  return s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
}
static char map_reverse(const char *s, size_t n, size_t i) { return s[n - 1 - i]; }

static int map(lua_State *L, mapping function) {
  stella_lua *S = stella_of(L);
  size_t length, start = S->buffer_length;
  const char *s = luaL_checklstring(L, 1, &length);
  stella_charge(L, S, (int64_t)length / 8);
  char *to = stella_buffer_reserve(L, S, start, length);
  for (size_t i = 0; i < length; i++) to[i] = function(s, length, i);
  S->buffer_length += length;
  stella_buffer_push(L, S, start);
  return 1;
}
static int string_upper(lua_State *L) { return map(L, map_upper); }
static int string_lower(lua_State *L) { return map(L, map_lower); }
static int string_reverse(lua_State *L) { return map(L, map_reverse); }

static int string_byte(lua_State *L) {
  stella_lua *S = stella_of(L);
  size_t length;
  const char *s = luaL_checklstring(L, 1, &length);
  lua_Integer first_given = luaL_optinteger(L, 2, 1);
  size_t first = start_position(first_given, length);
  size_t last = end_position(luaL_optinteger(L, 3, first_given), length);
  if (first > last) return 0;
  if (last - first >= S->limits.values) return luaL_error(L, "string slice too long (limit %d)", (int)S->limits.values);
  int count = (int)(last - first) + 1;
  luaL_checkstack(L, count, "string slice too long");
  stella_charge(L, S, count);
  for (int i = 0; i < count; i++) lua_pushinteger(L, (unsigned char)s[first - 1 + (size_t)i]);
  return count;
}

static int string_char(lua_State *L) {
  stella_lua *S = stella_of(L);
  int count = lua_gettop(L);
  if (count > (int)S->limits.values) return luaL_error(L, "too many arguments (limit %d)", (int)S->limits.values);
  size_t start = S->buffer_length;
  stella_charge(L, S, count);
  for (int i = 1; i <= count; i++) {
    lua_Unsigned c = (lua_Unsigned)luaL_checkinteger(L, i);
    luaL_argcheck(L, c <= 255, i, "value out of range");
    char byte = (char)c;
    stella_buffer_add(L, S, start, &byte, 1);
  }
  stella_buffer_push(L, S, start);
  return 1;
}

static int string_rep(lua_State *L) {
  stella_lua *S = stella_of(L);
  size_t length, separator_length, start = S->buffer_length;
  const char *s = luaL_checklstring(L, 1, &length);
  lua_Integer count = luaL_checkinteger(L, 2);
  const char *separator = luaL_optlstring(L, 3, "", &separator_length);
  size_t piece = length + separator_length;
  if (count <= 0 || piece == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  if ((lua_Unsigned)count > S->limits.string_bytes / piece + 1)
    return luaL_error(L, "resulting string too large (limit %d bytes)", (int)S->limits.string_bytes);
  size_t total = piece * (size_t)count - separator_length;
  stella_charge(L, S, count + (int64_t)total / 32);
  stella_buffer_reserve(L, S, start, total);
  for (lua_Integer i = 0; i < count; i++) {
    if (i > 0) stella_buffer_add(L, S, start, separator, separator_length);
    stella_buffer_add(L, S, start, s, length);
  }
  stella_buffer_push(L, S, start);
  return 1;
}

static int string_startswith(lua_State *L) {
  size_t length, other;
  const char *s = luaL_checklstring(L, 1, &length), *prefix = luaL_checklstring(L, 2, &other);
  stella_charge(L, stella_of(L), (int64_t)other / 32);
  lua_pushboolean(L, other <= length && memcmp(s, prefix, other) == 0);
  return 1;
}

static int string_endswith(lua_State *L) {
  size_t length, other;
  const char *s = luaL_checklstring(L, 1, &length), *suffix = luaL_checklstring(L, 2, &other);
  stella_charge(L, stella_of(L), (int64_t)other / 32);
  lua_pushboolean(L, other <= length && memcmp(s + length - other, suffix, other) == 0);
  return 1;
}

static int string_contains(lua_State *L) {
  size_t length, other;
  const char *s = luaL_checklstring(L, 1, &length), *part = luaL_checklstring(L, 2, &other);
  stella_charge(L, stella_of(L), (int64_t)(length + other) / 16);
  lua_pushboolean(L, memmem(s, length, part, other) != NULL);
  return 1;
}

static const luaL_Reg string_functions[] = {
    {"byte", string_byte},         {"char", string_char},         {"contains", string_contains},
    {"endswith", string_endswith}, {"format", stella_format},     {"len", string_len},
    {"lower", string_lower},       {"rep", string_rep},           {"reverse", string_reverse},
    {"sub", string_sub},           {"upper", string_upper},       {"startswith", string_startswith},
    {NULL, NULL}};

/// The methods of strings live in a table of their own, so that a script that changes `string` changes only its view.
void stella_open_strings(lua_State *L) {
  for (int methods = 0; methods < 2; methods++) {
    lua_createtable(L, 0, 16);
    stella_register(L, string_functions);
    stella_register(L, stella_search_functions);
    if (!methods) {
      lua_setglobal(L, "string");
    } else {
      lua_pushliteral(L, "");
      lua_createtable(L, 0, 1);
      lua_pushvalue(L, -3);
      lua_setfield(L, -2, "__index");
      lua_setmetatable(L, -2);
      lua_pop(L, 2);
    }
  }
}
