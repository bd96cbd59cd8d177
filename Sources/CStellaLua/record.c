#include "sandbox.h"

// The event `e`: one read-only userdata for the life of the state. A field is looked up when it is read.

int32_t stella_userdata_kind(lua_State *L, int index) {
  // Every userdata is ours and begins with its kind.
  return lua_type(L, index) == LUA_TUSERDATA ? *(const int32_t *)lua_touserdata(L, index) : 0;
}

static int32_t ask_column(stella_lua *S, const char *name, size_t length) {
  return S->cells ? S->host.column(S->host.context, (const uint8_t *)name, length) : -1;
}

/// The column of the field name at `index`. The cache knows a name by its address, which is its own for as long as
/// the string lives; every cached string is anchored.
static int32_t column_of(lua_State *L, stella_lua *S, int index, const char *name, size_t length) {
  size_t slot = ((uintptr_t)name >> 4) * 0x9E3779B97F4A7C15u >> 59;  // FIELD_CACHE is 2^5
  for (;; slot = (slot + 1) % FIELD_CACHE) {
    stella_field *field = &S->fields[slot];
    if (field->name == name) {
      if (field->column >= 0 || field->generation == S->generation) return field->column;
      field->column = ask_column(S, name, length);
      field->generation = S->generation;
      return field->column;
    }
    if (field->name) continue;
    int32_t column = ask_column(S, name, length);
    if (S->field_count >= FIELD_CACHE_MOST) return column;
    lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_ANCHORS);
    lua_pushvalue(L, index);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    S->field_count++;
    *field = (stella_field){name, column, S->generation};
    return column;
  }
}

static int record_index(lua_State *L) {
  stella_lua *S = stella_of(L);
  if (S->event < 0) return luaL_error(L, "the event can only be read while the rule is called with it");
  if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "a field of the event is named by a string");
  size_t length;
  const char *name = lua_tolstring(L, 2, &length);
  int32_t column = column_of(L, S, 2, name, length);
  if (column >= 0) {
    stella_push_cell(L, S, &S->cells[(int64_t)column * S->stride + S->event]);
  } else {
    stella_value value = {.i = 0};
    stella_charge(L, S, 32);
    S->host.fetch(S->host.context, (const uint8_t *)name, length, S->event, &value);
    stella_push_cell(L, S, &value);
  }
  return 1;
}

static int record_newindex(lua_State *L) { return luaL_error(L, "events are read-only"); }

void stella_open_record(lua_State *L) {
  int32_t *record = lua_newuserdatauv(L, sizeof *record, 0);
  *record = USERDATA_RECORD;
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, record_index);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, record_newindex);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  lua_rawseti(L, LUA_REGISTRYINDEX, REGISTRY_RECORD);
}
