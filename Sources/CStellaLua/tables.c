#include "sandbox.h"

// Raw access only: no table has metamethods here. A step per element that is moved or joined.

static lua_Integer checked_length(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  return (lua_Integer)lua_rawlen(L, 1);
}

static int table_insert(lua_State *L) {
  lua_Integer end = checked_length(L) + 1, position = end;
  switch (lua_gettop(L)) {
    case 2: break;
    case 3:
      position = luaL_checkinteger(L, 2);
      luaL_argcheck(L, (lua_Unsigned)position - 1u < (lua_Unsigned)end, 2, "position out of bounds");
      stella_charge(L, stella_of(L), end - position);
      for (lua_Integer i = end; i > position; i--) {
        lua_rawgeti(L, 1, i - 1);
        lua_rawseti(L, 1, i);
      }
      break;
    default: return luaL_error(L, "wrong number of arguments to 'insert'");
  }
  lua_rawseti(L, 1, position);
  return 0;
}

static int table_remove(lua_State *L) {
  lua_Integer size = checked_length(L), position = luaL_optinteger(L, 2, size);
  if (lua_gettop(L) > 1)
    luaL_argcheck(L, (lua_Unsigned)size + 1u - (lua_Unsigned)position <= (lua_Unsigned)size, 2,
                  "position out of bounds");
  lua_rawgeti(L, 1, position);
  if (position < size) stella_charge(L, stella_of(L), size - position);
  for (; position < size; position++) {
    lua_rawgeti(L, 1, position + 1);
    lua_rawseti(L, 1, position);
  }
  lua_pushnil(L);
  lua_rawseti(L, 1, position);
  return 1;
}

static int table_concat(lua_State *L) {
  stella_lua *S = stella_of(L);
  lua_Integer last = checked_length(L);
  size_t separator_length, start = S->buffer_length;
  const char *separator = luaL_optlstring(L, 2, "", &separator_length);
  lua_Integer first = luaL_optinteger(L, 3, 1);
  last = luaL_optinteger(L, 4, last);
  for (lua_Integer i = first; i <= last; i++) {
    stella_charge(L, S, 2);
    int type = lua_rawgeti(L, 1, i);
    if (type != LUA_TSTRING && type != LUA_TNUMBER)
      return luaL_error(L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
    size_t length;
    const char *s = lua_tolstring(L, -1, &length);
    stella_buffer_add(L, S, start, s, length);
    lua_pop(L, 1);
    if (i == last) break;
    stella_buffer_add(L, S, start, separator, separator_length);
  }
  stella_charge(L, S, (int64_t)(S->buffer_length - start) / 32);
  stella_buffer_push(L, S, start);
  return 1;
}

static int table_pack(lua_State *L) {
  int count = lua_gettop(L);
  stella_charge(L, stella_of(L), count);
  lua_createtable(L, count, 1);
  lua_insert(L, 1);
  for (int i = count; i >= 1; i--) lua_rawseti(L, 1, i);
  lua_pushinteger(L, count);
  lua_setfield(L, 1, "n");
  return 1;
}

static int table_unpack(lua_State *L) {
  stella_lua *S = stella_of(L);
  lua_Integer last = checked_length(L), first = luaL_optinteger(L, 2, 1);
  last = luaL_optinteger(L, 3, last);
  if (first > last) return 0;
  lua_Unsigned count = (lua_Unsigned)last - (lua_Unsigned)first;
  if (count >= S->limits.values) return luaL_error(L, "too many results to unpack (limit %d)", (int)S->limits.values);
  luaL_checkstack(L, (int)++count, "too many results to unpack");
  stella_charge(L, S, (int64_t)count);
  for (lua_Unsigned i = 0; i < count; i++) lua_rawgeti(L, 1, (lua_Integer)((lua_Unsigned)first + i));
  return (int)count;
}

void stella_open_tables(lua_State *L) {
  static const luaL_Reg functions[] = {{"concat", table_concat}, {"insert", table_insert}, {"pack", table_pack},
                                       {"remove", table_remove}, {"sort", stella_sort},    {"unpack", table_unpack},
                                       {NULL, NULL}};
  lua_createtable(L, 0, 6);
  stella_register(L, functions);
  lua_setglobal(L, "table");
}
