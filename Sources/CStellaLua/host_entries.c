#include "request.h"

// What the host asks of a state beside calling its functions: declared objects, the values of keys, inspection.

static int do_declare(lua_State *L) {
  const request *R = request_of(L);
  uint8_t bytes[9] = {STELLA_LUA_HANDLE};
  memcpy(bytes + 1, &R->type, 4);
  memcpy(bytes + 5, &R->function, 4);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_HANDLES);
  lua_pushstring(L, R->name);
  stella_push_encoded(L, stella_of(L), bytes, bytes + sizeof bytes, 0);
  lua_rawset(L, -3);
  return 0;
}

int32_t stella_lua_declare(stella_lua *S, const char *name, int32_t type, int32_t handle) {
  request R = {.name = name, .type = type, .function = handle};
  return stella_run_for_host(S, do_declare, &R);
}

static int do_save_key(lua_State *L) {
  stella_lua *S = stella_of(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_KEYS);
  if (lua_rawgeti(L, -1, request_of(L)->slot + 1) != LUA_TTABLE) return 0;
  S->output_length = 0;
  stella_encode(L, S, -1, 0, ENCODE_PLAIN);
  lua_pushboolean(L, 1);
  return 1;
}

int32_t stella_lua_save_key(stella_lua *S, int64_t slot, stella_lua_answer *answer) {
  request R = {.slot = slot};
  int32_t status = stella_run_for_host(S, do_save_key, &R);
  *answer = status == STELLA_LUA_VALUE ? (stella_lua_answer){S->output, S->output_length} : (stella_lua_answer){NULL, 0};
  return status;
}

static int do_restore_key(lua_State *L) {
  const request *R = request_of(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_KEYS);
  stella_push_encoded(L, stella_of(L), R->bytes, R->bytes + R->length, 0);
  lua_rawseti(L, -2, R->slot + 1);
  return 0;
}

int32_t stella_lua_restore_key(stella_lua *S, int64_t slot, const uint8_t *value, size_t length) {
  request R = {.bytes = value, .length = length, .slot = slot};
  return stella_run_for_host(S, do_restore_key, &R);
}

int32_t stella_lua_drop_key(stella_lua *S, int64_t slot) {
  static const uint8_t nil = STELLA_LUA_NIL;
  return stella_lua_restore_key(S, slot, &nil, 1);
}

static int do_has_keys(lua_State *L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_KEYS);
  lua_pushnil(L);
  lua_pushinteger(L, lua_next(L, -2) != 0);
  return 1;
}

int32_t stella_lua_has_keys(stella_lua *S, int32_t *has_keys) {
  request R = {.count = 0};
  int32_t status = stella_run_for_host(S, do_has_keys, &R);
  if (status == STELLA_LUA_VALUE) *has_keys = (int32_t)lua_tointeger(S->L, SLOT_RESULT);
  return status;
}

static void list_table(lua_State *L, stella_lua *S, const char *prefix, int depth) {
  luaL_checkstack(L, 8, NULL);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pushfstring(L, "%s%s", prefix, lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2));
    const char *name = lua_tostring(L, -1);
    stella_output_add(L, S, name, strlen(name));
    stella_output_add(L, S, "\n", 1);
    if (depth < 8 && lua_istable(L, -2)) {
      lua_pushfstring(L, "%s.", name);
      lua_pushvalue(L, -3);
      list_table(L, S, lua_tostring(L, -2), depth + 1);
      lua_pop(L, 2);
    }
    if (lua_getmetatable(L, -2)) {
      lua_pushfstring(L, "%s@metatable.", name);
      lua_insert(L, -2);
      list_table(L, S, lua_tostring(L, -2), depth + 1);
      lua_pop(L, 2);
    }
    lua_pop(L, 2);
  }
}

static int do_list_names(lua_State *L) {
  stella_lua *S = stella_of(L);
  S->output_length = 0;
  stella_make_all_globals(L);
  lua_pushglobaltable(L);
  list_table(L, S, "", 0);
  lua_pop(L, 1);
  lua_pushliteral(L, "");
  if (lua_getmetatable(L, -1)) list_table(L, S, "string metatable.", 0);
  return 0;
}

int32_t stella_lua_list_names(stella_lua *S, stella_lua_answer *answer) {
  request R = {.count = 0};
  int32_t status = stella_run_for_host(S, do_list_names, &R);
  *answer = (stella_lua_answer){S->output, S->output_length};
  return status;
}

static int do_fingerprint(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)stella_fingerprint(L));
  return 1;
}

int32_t stella_lua_fingerprint(stella_lua *S, uint64_t *fingerprint) {
  request R = {.count = 0};
  int32_t status = stella_run_for_host(S, do_fingerprint, &R);
  if (status == STELLA_LUA_VALUE) *fingerprint = (uint64_t)lua_tointeger(S->L, SLOT_RESULT);
  return status;
}
