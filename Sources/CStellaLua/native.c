#include "sandbox.h"

#include <stdlib.h>

// What the host adds to a script's world: constructors, functions, and types of native objects.

enum { METHOD_ARGUMENTS = 8, CALL_STEPS = 8 };

/// One entry of the library (see stella_lua_open).
typedef struct entry {
  const uint8_t *next;
  char kind;
  const char *name;
  const char *methods;
  int64_t steps;  ///< of a function, what a call takes besides
} entry;

/// Whether the entry is a type of native objects; 'w' is one whose methods wait for something outside.
static bool is_type(const entry *entry) { return entry->kind == 'h' || entry->kind == 'w'; }

static bool next_entry(const stella_lua *S, entry *entry) {
  if (entry->next >= S->library + S->library_length) return false;
  entry->kind = (char)*entry->next;
  entry->name = (const char *)entry->next + 1;
  entry->methods = entry->name + strlen(entry->name) + 1;
  const char *at = entry->methods;
  if (is_type(entry)) {
    while (*at) at += strlen(at) + 1;
    at++;
  }
  entry->steps = 0;
  if (entry->kind == 'p') {
    entry->steps = strtoll(at, NULL, 10);
    at += strlen(at) + 1;
  }
  entry->next = (const uint8_t *)at;
  return true;
}

/// Raises the message of a refused call at the calling line. The host's frame is gone by now.
int stella_raise_answer(lua_State *L, const stella_lua_answer *answer) {
  luaL_where(L, 1);
  lua_pushlstring(L, answer->bytes ? (const char *)answer->bytes : "the host refused", answer->bytes ? answer->length : 16);
  lua_concat(L, 2);
  return lua_error(L);
}

/// Marks the table on the stack's top as made by a constructor.
void stella_set_tag(lua_State *L, lua_Integer constructor) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_TAGS);
  if (lua_rawgeti(L, -1, constructor + 1) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 1, 0);
    lua_pushinteger(L, constructor);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, constructor + 1);
  }
  lua_setmetatable(L, -3);
  lua_pop(L, 1);
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
  stella_set_tag(L, lua_tointeger(L, lua_upvalueindex(1)));
  return 1;
}

static int call_function(lua_State *L) {
  stella_lua *S = stella_of(L);
  int count = lua_gettop(L);
  S->output_length = 0;
  for (int i = 1; i <= count; i++) stella_encode(L, S, i, 0, ENCODE_OBJECTS);
  // One without a price has no second value: 0 then.
  stella_charge(L, S, CALL_STEPS + (int64_t)lua_tointeger(L, lua_upvalueindex(2)) + (int64_t)S->output_length / 4);
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

/// The type of a method, whether it waits, and its number, in one integer.
enum { METHOD_BITS = 16, METHOD_WAITS = 1 << (METHOD_BITS - 1) };

/// A method of a native object: the upvalue tells which.
static int call_method(lua_State *L) {
  stella_lua *S = stella_of(L);
  lua_Integer which = lua_tointeger(L, lua_upvalueindex(1));
  int32_t type = (int32_t)(which >> METHOD_BITS);
  const stella_handle *handle = lua_type(L, 1) == LUA_TUSERDATA ? lua_touserdata(L, 1) : NULL;
  // Every userdata is ours and begins with its kind.
  if (!handle || handle->kind != USERDATA_HANDLE || handle->type != type)
    return luaL_error(L, "a method was called without its object; write object:method(…)");
  bool waits = which & METHOD_WAITS;
  if (S->slot < 0 && !waits) return luaL_error(L, "the state can only be used while the rule is called for a key");
  int count = lua_gettop(L) - 1;
  if (count > METHOD_ARGUMENTS) return luaL_error(L, "too many arguments");
  stella_value arguments[METHOD_ARGUMENTS], result = {.i = 0};
  for (int i = 0; i < count; i++) argument(L, S, i + 2, &arguments[i]);
  stella_charge(L, S, CALL_STEPS);
  stella_lua_answer answer = {NULL, 0};
  stella_moment before = {0, 0};
  if (waits) before = stella_now();
  int32_t status = S->host.call(S->host.context, type, handle->id, S->slot, (int32_t)(which & (METHOD_WAITS - 1)),
                                arguments, count, &result, &answer);
  if (waits) stella_leave_out(S, before);
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

/// Pushes the metatable of a type of native objects, made when the script first meets one.
void stella_push_handle_metatable(lua_State *L, int32_t type) {
  stella_lua *S = stella_of(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_METATABLES);
  if (lua_rawgeti(L, -1, (lua_Integer)type + 1) != LUA_TTABLE) {
    lua_pop(L, 1);
    entry entry = {.next = S->library};
    int32_t types = 0;
    do {
      if (!next_entry(S, &entry)) luaL_error(L, "unknown type of native object");
    } while (!is_type(&entry) || types++ != type);
    lua_createtable(L, 0, 2);
    lua_newtable(L);
    const char *method = entry.methods;
    for (int32_t number = 0; *method; number++, method += strlen(method) + 1) {
      lua_pushinteger(L, (lua_Integer)type << METHOD_BITS | (entry.kind == 'w' ? METHOD_WAITS : 0) | number);
      lua_pushcclosure(L, call_method, 1);
      lua_setfield(L, -2, method);
    }
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, handle_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, (lua_Integer)type + 1);
  }
  lua_remove(L, -2);
}

/// Makes the constructors and functions whose name is `name`, or starts with it and a dot; all of them for NULL.
static void make_globals(lua_State *L, stella_lua *S, const char *name, size_t length) {
  entry entry = {.next = S->library};
  lua_Integer constructors = 0, functions = 0;
  while (next_entry(S, &entry)) {
    if (is_type(&entry)) continue;
    lua_Integer number = entry.kind == 'c' ? constructors++ : functions++;
    if (name && (strncmp(entry.name, name, length) != 0 || (entry.name[length] && entry.name[length] != '.'))) continue;
    lua_pushinteger(L, number);
    if (entry.kind == 'p') lua_pushinteger(L, entry.steps);
    lua_pushcclosure(L, entry.kind == 'c' ? construct : call_function, entry.kind == 'p' ? 2 : 1);
    set_dotted(L, entry.name);
  }
}

/// A global that holds nothing: a name of the host's library that this script has not used yet, or really nothing.
/// Most scripts use few of the names, and a thousand states would each hold them all.
static int global_index(lua_State *L) {
  stella_lua *S = stella_of(L);
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  size_t length;
  const char *name = lua_tolstring(L, 2, &length);
  stella_charge(L, S, 8);
  if (length > 60 || memchr(name, '.', length) || memchr(name, 0, length)) return 0;
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_TAGS);  // its string keys are the globals made so far
  lua_pushvalue(L, 2);
  if (lua_rawget(L, 3) != LUA_TNIL) return 0;  // made before, and taken away by the script
  make_globals(L, S, name, length);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, 1) == LUA_TNIL) return 0;
  lua_pushvalue(L, 2);
  lua_pushboolean(L, 1);
  lua_rawset(L, 3);
  return 1;
}

void stella_open_library(lua_State *L) {
  lua_pushglobaltable(L);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, global_index);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

void stella_make_all_globals(lua_State *L) { make_globals(L, stella_of(L), NULL, 0); }

bool stella_is_library_function(lua_CFunction function) { return function == construct || function == call_function; }
