#include "sandbox.h"

// The state `s`: declared native objects, and the plain values of the key that the rule is called for.

static lua_Integer key_of(lua_State *L, const stella_lua *S) {
  if (S->slot < 0) luaL_error(L, "the state can only be used while the rule is called for a key");
  return (lua_Integer)S->slot + 1;
}

static int state_index(lua_State *L) {
  stella_lua *S = stella_of(L);
  lua_Integer key = key_of(L, S);
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  if (lua_rawgeti(L, lua_upvalueindex(2), key) != LUA_TTABLE) return 1;
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

static int state_newindex(lua_State *L) {
  stella_lua *S = stella_of(L);
  lua_Integer key = key_of(L, S);
  lua_settop(L, 3);
  if (lua_type(L, 2) != LUA_TSTRING && !lua_isinteger(L, 2))
    return luaL_error(L, "a name in the state is a string or an integer, not a %s", stella_type_name(L, 2));
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
    return luaL_error(L, "'%s' is declared in the rule's state and can't be replaced", lua_tostring(L, 2));
  int type = lua_type(L, 3);
  if (type == LUA_TFUNCTION || type == LUA_TUSERDATA)
    return luaL_error(L, "the state holds plain values, not a %s", stella_type_name(L, 3));
  if (lua_rawgeti(L, lua_upvalueindex(2), key) != LUA_TTABLE) {
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, -1);
    lua_rawseti(L, lua_upvalueindex(2), key);
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 3);
  lua_rawset(L, -3);
  return 0;
}

static void set_closure(lua_State *L, const char *name, lua_CFunction function) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_HANDLES);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_KEYS);
  lua_pushcclosure(L, function, 2);
  lua_setfield(L, -2, name);
}

void stella_open_key_state(lua_State *L) {
  for (int i = REGISTRY_KEYS; i <= REGISTRY_FUNCTIONS; i++) {
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, i);
  }
  int32_t *state = lua_newuserdatauv(L, sizeof *state, 0);
  *state = USERDATA_STATE;
  lua_createtable(L, 0, 2);
  set_closure(L, "__index", state_index);
  set_closure(L, "__newindex", state_newindex);
  lua_setmetatable(L, -2);
  lua_rawseti(L, LUA_REGISTRYINDEX, REGISTRY_STATE);
}
