#include "sandbox.h"

// What the host adds to a script's world: constructors, functions, and types of native objects.

enum { METHOD_ARGUMENTS = 8, CALL_STEPS = 8 };

/// Raises the message of a refused call at the calling line. The host's frame is gone by now.
int stella_raise_answer(lua_State *L, const stella_lua_answer *answer) {
  luaL_where(L, 1);
  lua_pushlstring(L, answer->bytes ? (const char *)answer->bytes : "the host refused", answer->bytes ? answer->length : 16);
  lua_concat(L, 2);
  return lua_error(L);
}

/// A constructor: marks its table (a shallow copy) or the list of its arguments with its name.
static int construct(lua_State *L) {
  stella_lua *S = stella_of(L);
  int count = lua_gettop(L);
  if (count == 1 && lua_istable(L, 1)) {
    lua_newtable(L);
    lua_pushnil(L);
    int64_t pairs = 0;
    while (lua_next(L, 1)) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, -4);
      pairs++;
    }
    stella_charge(L, S, CALL_STEPS + pairs);
  } else {
    lua_createtable(L, count, 0);
    for (int i = 1; i <= count; i++) {
      if (lua_isnil(L, i)) return luaL_argerror(L, i, "value expected, got nil");
      lua_pushvalue(L, i);
      lua_rawseti(L, -2, i);
    }
    stella_charge(L, S, CALL_STEPS + count);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_TAGS);
  lua_rawgeti(L, -1, lua_tointeger(L, lua_upvalueindex(1)) + 1);
  lua_setmetatable(L, -3);
  lua_pop(L, 1);
  return 1;
}

static int call_function(lua_State *L) {
  stella_lua *S = stella_of(L);
  int count = lua_gettop(L);
  S->output_length = 0;
  for (int i = 1; i <= count; i++) stella_encode(L, S, i, 0, false);
  stella_charge(L, S, CALL_STEPS + (int64_t)S->output_length / 4);
  stella_lua_answer answer = {NULL, 0};
  int32_t status = S->host.function(S->host.context, (int32_t)lua_tointeger(L, lua_upvalueindex(1)), S->output,
                                    S->output_length, count, &answer);
  if (status == STELLA_LUA_REFUSED) return stella_raise_answer(L, &answer);
  if (status != STELLA_LUA_ENCODED) return 0;
  stella_charge(L, S, (int64_t)answer.length / 4);
  stella_push_encoded(L, S, answer.bytes, answer.bytes + answer.length, 0);
  return 1;
}

static void argument(lua_State *L, const stella_lua *S, int index, stella_value *value) {
  *value = (stella_value){.i = 0};
  switch (lua_type(L, index)) {
    case LUA_TNIL: return;
    case LUA_TBOOLEAN:
      value->kind = STELLA_BOOL;
      value->i = lua_toboolean(L, index);
      return;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        value->kind = STELLA_INT;
        value->i = lua_tointeger(L, index);
      } else {
        value->kind = STELLA_DOUBLE;
        value->d = lua_tonumber(L, index);
      }
      return;
    case LUA_TSTRING: {
      size_t length;
      value->p = (const uint8_t *)lua_tolstring(L, index, &length);
      value->length = (uint32_t)length;
      value->kind = STELLA_STRING;
      return;
    }
    case LUA_TLIGHTUSERDATA: value->kind = STELLA_NULL; return;
    default:
      if (stella_userdata_kind(L, index) == USERDATA_RECORD && S->event >= 0) {
        value->kind = STELLA_RECORD;
        value->i = S->event;
        return;
      }
      luaL_argerror(L, index, "number, string, boolean, null or the event expected");
  }
}

/// A method of a native object: upvalues type and method.
static int call_method(lua_State *L) {
  stella_lua *S = stella_of(L);
  int32_t type = (int32_t)lua_tointeger(L, lua_upvalueindex(1));
  const stella_handle *handle = lua_touserdata(L, 1);
  if (stella_userdata_kind(L, 1) != USERDATA_HANDLE || handle->type != type)
    return luaL_error(L, "a method was called without its object; write object:method(…)");
  if (S->slot < 0) return luaL_error(L, "the state can only be used while the rule is called for a key");
  int count = lua_gettop(L) - 1;
  if (count > METHOD_ARGUMENTS) return luaL_error(L, "too many arguments");
  stella_value arguments[METHOD_ARGUMENTS], result = {.i = 0};
  for (int i = 0; i < count; i++) argument(L, S, i + 2, &arguments[i]);
  stella_charge(L, S, CALL_STEPS);
  stella_lua_answer answer = {NULL, 0};
  int32_t status = S->host.call(S->host.context, type, handle->id, S->slot,
                                (int32_t)lua_tointeger(L, lua_upvalueindex(2)), arguments, count, &result, &answer);
  if (status == STELLA_LUA_SCALAR) {
    if (result.kind == STELLA_MISSING) return 0;
    stella_push_cell(L, S, &result);
    return 1;
  }
  if (status == STELLA_LUA_REFUSED) return stella_raise_answer(L, &answer);
  stella_charge(L, S, (int64_t)answer.length / 4);
  stella_push_encoded(L, S, answer.bytes, answer.bytes + answer.length, 0);
  return 1;
}

static int handle_newindex(lua_State *L) { return luaL_error(L, "native objects can't be changed"); }

/// Sets the value on the stack's top as a global under a dotted name, making tables on the way; pops it.
static void set_dotted(lua_State *L, const char *name) {
  lua_pushglobaltable(L);
  const char *dot;
  while ((dot = strchr(name, '.')) != NULL) {
    lua_pushlstring(L, name, (size_t)(dot - name));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) != LUA_TTABLE) {
      lua_pop(L, 1);
      lua_newtable(L);
      lua_pushvalue(L, -2);
      lua_pushvalue(L, -2);
      lua_rawset(L, -5);
    }
    lua_replace(L, -3);
    lua_pop(L, 1);
    name = dot + 1;
  }
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 2);
}

static void add_constructor(lua_State *L, const char *name, int32_t index) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_TAGS);
  lua_createtable(L, 1, 0);
  lua_pushinteger(L, index);
  lua_rawseti(L, -2, 1);
  lua_rawseti(L, -2, (lua_Integer)index + 1);
  lua_pop(L, 1);
  lua_pushinteger(L, index);
  lua_pushcclosure(L, construct, 1);
  set_dotted(L, name);
}

static const uint8_t *add_handle_type(lua_State *L, const uint8_t *methods, int32_t type) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_METATABLES);
  lua_createtable(L, 0, 2);
  lua_newtable(L);
  for (int32_t method = 0; *methods; method++) {
    lua_pushinteger(L, type);
    lua_pushinteger(L, method);
    lua_pushcclosure(L, call_method, 2);
    lua_setfield(L, -2, (const char *)methods);
    methods += strlen((const char *)methods) + 1;
  }
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, handle_newindex);
  lua_setfield(L, -2, "__newindex");
  lua_rawseti(L, -2, (lua_Integer)type + 1);
  lua_pop(L, 1);
  return methods + 1;
}

void stella_open_library(lua_State *L, const uint8_t *library, size_t length) {
  const uint8_t *at = library, *end = library + length;
  int32_t constructors = 0, functions = 0, types = 0;
  while (at < end) {
    uint8_t kind = *at++;
    const char *name = (const char *)at;
    at += strlen(name) + 1;
    if (kind == 'c') {
      add_constructor(L, name, constructors++);
    } else if (kind == 'f') {
      lua_pushinteger(L, functions++);
      lua_pushcclosure(L, call_function, 1);
      set_dotted(L, name);
    } else {
      at = add_handle_type(L, at, types++);
    }
  }
}
