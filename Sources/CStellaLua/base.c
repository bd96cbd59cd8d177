#include "sandbox.h"

static const char *userdata_name(lua_State *L, int index) {
  switch (stella_userdata_kind(L, index)) {
    case USERDATA_RECORD: return "event";
    case USERDATA_STATE: return "state";
    case USERDATA_HANDLE: return "native object";
    default: return "userdata";
  }
}

const char *stella_type_name(lua_State *L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TLIGHTUSERDATA: return "null";
    case LUA_TUSERDATA: return userdata_name(L, index);
    default: return luaL_typename(L, index);
  }
}

const char *stella_push_tostring(lua_State *L, int index, size_t *length) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
    case LUA_TNUMBER:
      lua_pushvalue(L, index);
      return lua_tolstring(L, -1, length);
    case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false"); break;
    default: lua_pushstring(L, stella_type_name(L, index));
  }
  return lua_tolstring(L, -1, length);
}

static int base_tostring(lua_State *L) {
  luaL_checkany(L, 1);
  size_t length;
  stella_push_tostring(L, 1, &length);
  return 1;
}

static int base_type(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushstring(L, lua_islightuserdata(L, 1) ? "null" : luaL_typename(L, 1));
  return 1;
}

/// Digits of `base` with an optional sign and spaces around, wrapping as Lua does.
static int tonumber_in_base(lua_State *L) {
  size_t length;
  luaL_checktype(L, 1, LUA_TSTRING);
  const char *at = lua_tolstring(L, 1, &length), *end = at + length;
  lua_Integer base = luaL_checkinteger(L, 2);
  luaL_argcheck(L, 2 <= base && base <= 36, 2, "base out of range");
  stella_charge(L, stella_of(L), (int64_t)length / 4);
  while (at < end && strchr(" \f\n\r\t\v", *at) && *at) at++;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  lua_Unsigned number = 0;
  const char *digits = at;
  for (; at < end; at++) {
    int digit = *at >= '0' && *at <= '9' ? *at - '0' : (*at | 32) >= 'a' && (*at | 32) <= 'z' ? (*at | 32) - 'a' + 10 : 99;
    if (digit >= base) break;
    number = number * (lua_Unsigned)base + (lua_Unsigned)digit;
  }
  if (at == digits) digits = NULL;
  while (at < end && strchr(" \f\n\r\t\v", *at) && *at) at++;
  if (!digits || at != end) lua_pushnil(L);
  else lua_pushinteger(L, (lua_Integer)(negative ? 0u - number : number));
  return 1;
}

static int base_tonumber(lua_State *L) {
  if (!lua_isnoneornil(L, 2)) return tonumber_in_base(L);
  luaL_checkany(L, 1);
  if (lua_type(L, 1) == LUA_TNUMBER) {
    lua_settop(L, 1);
    return 1;
  }
  size_t length;
  const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &length) : NULL;
  if (text) stella_charge(L, stella_of(L), (int64_t)length / 4);
  if (!text || lua_stringtonumber(L, text) != length + 1) lua_pushnil(L);
  return 1;
}

static int ipairs_step(lua_State *L) {
  lua_Integer i = luaL_checkinteger(L, 2) + 1;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushinteger(L, i);
  return lua_rawgeti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int base_ipairs(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushcfunction(L, ipairs_step);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

static int base_select(lua_State *L) {
  int count = lua_gettop(L);
  if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
    lua_pushinteger(L, count - 1);
    return 1;
  }
  lua_Integer first = luaL_checkinteger(L, 1);
  if (first < 0) first = count + first;
  else if (first > count) first = count;
  luaL_argcheck(L, 1 <= first, 1, "index out of range");
  stella_charge(L, stella_of(L), (count - first) / 8);
  return count - (int)first;
}

static int base_error(lua_State *L) {
  int level = (int)luaL_optinteger(L, 2, 1);
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING && level > 0) {
    luaL_where(L, level);
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int base_assert(lua_State *L) {
  if (lua_toboolean(L, 1)) return lua_gettop(L);
  luaL_checkany(L, 1);
  lua_remove(L, 1);
  lua_pushliteral(L, "assertion failed!");
  lua_settop(L, 1);
  return base_error(L);
}

/// Like Lua's, but a kill goes through: it is raised again, and running out of memory is a kill.
static int base_pcall(lua_State *L) {
  stella_lua *S = stella_of(L);
  luaL_checkany(L, 1);
  stella_enter_callback(L, S);
  uint32_t nesting = S->nesting;
  size_t built = S->buffer_length;
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  S->nesting = nesting - 1;
  S->buffer_length = built;
  if (S->killed) stella_kill(L, S->killed);
  if (status == LUA_OK) {
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return lua_gettop(L);
  }
  if (status == LUA_ERRMEM) stella_kill(L, STELLA_LUA_KIND_MEMORY);
  // Building the message may have walked the code of the function.
  stella_charge(L, S, 16 + S->source_length / 8);
  stella_check_deadline(L, S);
  lua_pushboolean(L, 0);
  lua_insert(L, 1);
  return 2;
}

void stella_register(lua_State *L, const luaL_Reg *functions) {
  for (; functions->name; functions++) {
    lua_pushcfunction(L, functions->func);
    lua_setfield(L, -2, functions->name);
  }
}

void stella_open_base(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"assert", base_assert}, {"error", base_error},     {"ipairs", base_ipairs},     {"next", stella_next},
      {"pairs", stella_pairs}, {"pcall", base_pcall},     {"select", base_select},     {"tonumber", base_tonumber},
      {"type", base_type},     {"tostring", base_tostring}, {NULL, NULL}};
  lua_pushglobaltable(L);
  stella_register(L, functions);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  lua_pop(L, 1);
}
