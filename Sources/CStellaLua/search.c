#include "pattern.h"

// find, match, gmatch and gsub over the matcher of pattern.c.

static size_t start_of(lua_State *L, int argument, size_t length) {
  lua_Integer start = luaL_optinteger(L, argument, 1);
  if (start > 0) return (size_t)start - 1;
  if (start == 0 || start < -(lua_Integer)length) return 0;
  return length + (size_t)start;
}

/// Pushes capture `index`, or the whole match when the pattern has none.
static void push_capture(lua_State *L, const matcher *M, int index, const char *start, const char *end) {
  if (index >= M->level) {
    if (index != 0) luaL_error(L, "invalid capture index %%%d", index + 1);
    lua_pushlstring(L, start, (size_t)(end - start));
    return;
  }
  const capture *capture = &M->captures[index];
  if (capture->length == CAPTURE_POSITION) lua_pushinteger(L, capture->start - M->subject + 1);
  else lua_pushlstring(L, capture->start, (size_t)capture->length);
}

static int push_captures(lua_State *L, const matcher *M, const char *start, const char *end) {
  int count = M->level == 0 && start ? 1 : M->level;
  luaL_checkstack(L, count, "too many captures");
  for (int i = 0; i < count; i++) push_capture(L, M, i, start, end);
  return count;
}

static bool is_plain(const char *pattern, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (pattern[i] && strchr("^$*+?.([%-", pattern[i])) return false;
  return true;
}

static int search(lua_State *L, bool find) {
  stella_lua *S = stella_of(L);
  size_t length, pattern_length;
  const char *s = luaL_checklstring(L, 1, &length), *p = luaL_checklstring(L, 2, &pattern_length);
  size_t start = start_of(L, 3, length);
  if (start > length) {
    lua_pushnil(L);
    return 1;
  }
  stella_charge(L, S, 2);
  if (find && (lua_toboolean(L, 4) || is_plain(p, pattern_length))) {
    stella_charge(L, S, (int64_t)(length - start + pattern_length) / 16);
    const char *found = memmem(s + start, length - start, p, pattern_length);
    if (!found) {
      lua_pushnil(L);
      return 1;
    }
    lua_pushinteger(L, found - s + 1);
    lua_pushinteger(L, found - s + (lua_Integer)pattern_length);
    return 2;
  }
  pattern P;
  matcher M;
  pattern_compile(L, &P, p, pattern_length, true);
  matcher_prepare(&M, L, &P, s, length);
  const char *at = s + start, *end = matcher_search(&M, &at);
  if (!end) {
    lua_pushnil(L);
    return 1;
  }
  if (!find) return push_captures(L, &M, at, end);
  lua_pushinteger(L, at - s + 1);
  lua_pushinteger(L, end - s);
  return push_captures(L, &M, NULL, NULL) + 2;
}

static int string_find(lua_State *L) { return search(L, true); }
static int string_match(lua_State *L) { return search(L, false); }

/// Upvalues: subject, pattern, where to go on, end of the last match (-1: none).
static int gmatch_step(lua_State *L) {
  size_t length, pattern_length;
  const char *s = lua_tolstring(L, lua_upvalueindex(1), &length);
  const char *p = lua_tolstring(L, lua_upvalueindex(2), &pattern_length);
  lua_Integer start = lua_tointeger(L, lua_upvalueindex(3)), last = lua_tointeger(L, lua_upvalueindex(4));
  pattern P;
  matcher M;
  pattern_compile(L, &P, p, pattern_length, false);
  matcher_prepare(&M, L, &P, s, length);
  for (const char *at = s + start; at <= M.end; at++) {
    const char *end = matcher_search(&M, &at);
    if (!end) break;
    if (end - s == last) continue;
    lua_pushinteger(L, end - s);
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return push_captures(L, &M, at, end);
  }
  lua_pushinteger(L, (lua_Integer)length + 1);
  lua_replace(L, lua_upvalueindex(3));
  return 0;
}

static int string_gmatch(lua_State *L) {
  size_t length, pattern_length;
  luaL_checklstring(L, 1, &length);
  const char *p = luaL_checklstring(L, 2, &pattern_length);
  size_t start = start_of(L, 3, length);
  pattern P;
  pattern_compile(L, &P, p, pattern_length, false);  // refuses a malformed pattern at once
  lua_settop(L, 2);
  lua_pushinteger(L, (lua_Integer)(start > length ? length + 1 : start));
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, gmatch_step, 4);
  return 1;
}

/// Appends the replacement string with its captures.
static void add_template(lua_State *L, stella_lua *S, size_t built, const matcher *M, const char *start,
                         const char *end) {
  size_t length;
  const char *at = lua_tolstring(L, 3, &length), *stop = at + length;
  while (at < stop) {
    const char *percent = memchr(at, '%', (size_t)(stop - at));
    if (!percent) percent = stop;
    stella_buffer_add(L, S, built, at, (size_t)(percent - at));
    if (percent == stop) return;
    at = percent + 1;
    if (at < stop && *at == '%') {
      stella_buffer_add(L, S, built, at, 1);
    } else if (at < stop && *at == '0') {
      stella_buffer_add(L, S, built, start, (size_t)(end - start));
    } else if (at < stop && *at >= '1' && *at <= '9') {
      int index = *at - '1';
      if (index >= M->level && index != 0) luaL_error(L, "invalid capture index %%%d in replacement string", index + 1);
      push_capture(L, M, index, start, end);
      size_t size;
      const char *text = lua_tolstring(L, -1, &size);
      stella_buffer_add(L, S, built, text, size);
      lua_pop(L, 1);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
    stella_charge(L, S, 2);
    at++;
  }
}

/// Appends what replaces one match; returns whether it differs in kind from the match itself.
static void add_replacement(lua_State *L, stella_lua *S, size_t built, const matcher *M, const char *start,
                            const char *end, int type) {
  if (type == LUA_TSTRING || type == LUA_TNUMBER) {
    add_template(L, S, built, M, start, end);
    return;
  }
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    lua_call(L, push_captures(L, M, start, end), 1);
  } else {
    push_capture(L, M, 0, start, end);
    lua_rawget(L, 3);
  }
  if (!lua_toboolean(L, -1)) {
    stella_buffer_add(L, S, built, start, (size_t)(end - start));
  } else if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER) {
    luaL_error(L, "invalid replacement value (a %s)", stella_type_name(L, -1));
  } else {
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    stella_buffer_add(L, S, built, text, size);
  }
  lua_pop(L, 1);
}

static int string_gsub(lua_State *L) {
  stella_lua *S = stella_of(L);
  size_t length, pattern_length, built = S->buffer_length;
  const char *s = luaL_checklstring(L, 1, &length), *p = luaL_checklstring(L, 2, &pattern_length);
  int type = lua_type(L, 3);
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)length + 1), count = 0;
  luaL_argcheck(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                "string/function/table expected");
  if (type == LUA_TNUMBER) luaL_checkstring(L, 3);
  lua_settop(L, 3);
  pattern P;
  matcher M;
  pattern_compile(L, &P, p, pattern_length, true);
  matcher_prepare(&M, L, &P, s, length);
  stella_enter_callback(L, S);
  const char *at = s, *last = NULL;
  while (count < most) {
    const char *end = matcher_match(&M, at);
    if (end && end != last) {
      count++;
      add_replacement(L, S, built, &M, at, end, type);
      at = last = end;
    } else if (at < M.end) {
      stella_buffer_add(L, S, built, at++, 1);
    } else {
      break;
    }
    if (P.anchored) break;
  }
  stella_leave_callback(S);
  stella_buffer_add(L, S, built, at, (size_t)(M.end - at));
  stella_buffer_push(L, S, built);
  lua_pushinteger(L, count);
  return 2;
}

const luaL_Reg stella_search_functions[] = {
    {"find", string_find}, {"gmatch", string_gmatch}, {"gsub", string_gsub}, {"match", string_match}, {NULL, NULL}};
