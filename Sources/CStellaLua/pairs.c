#include <stdlib.h>

#include "sandbox.h"

// `pairs` and `next` visit 1..n ascending, then the other integers ascending, then other numbers ascending, then
// strings by bytes, then false and true. Lua's own order depends on a seed that differs from run to run; a table, a
// function or an object as a key has no order that could be repeated, so visiting one is an error.
// `pairs` costs O(1) per element of 1..n, and O(k log k) once for k other keys, which it lists when it reaches them:
// a key added meanwhile is not visited, one removed meanwhile is left out. `next` costs O(table) per call.

enum { KEY_INTEGER, KEY_DOUBLE, KEY_STRING, KEY_BOOLEAN };

typedef struct sort_key {
  union {
    int64_t i;
    double d;
    const char *p;
  };
  uint32_t length;
  uint32_t place_and_kind;  // place << 2 | kind
} sort_key;

static void read_key(lua_State *L, int index, uint32_t place, sort_key *key) {
  key->length = 0;
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        key->i = lua_tointeger(L, index);
        key->place_and_kind = place << 2 | KEY_INTEGER;
      } else {
        key->d = lua_tonumber(L, index);
        key->place_and_kind = place << 2 | KEY_DOUBLE;
      }
      return;
    case LUA_TSTRING: {
      size_t length;
      key->p = lua_tolstring(L, index, &length);
      key->length = (uint32_t)length;
      key->place_and_kind = place << 2 | KEY_STRING;
      return;
    }
    case LUA_TBOOLEAN:
      key->i = lua_toboolean(L, index);
      key->place_and_kind = place << 2 | KEY_BOOLEAN;
      return;
    default:
      luaL_error(L, "keys of type %s have no order to visit them in; use strings or numbers as keys",
                 stella_type_name(L, index));
  }
}

static int compare_keys(const void *left, const void *right) {
  const sort_key *a = left, *b = right;
  uint32_t kind = a->place_and_kind & 3, other = b->place_and_kind & 3;
  if (kind != other) return kind < other ? -1 : 1;
  switch (kind) {
    case KEY_DOUBLE: return a->d < b->d ? -1 : a->d > b->d;
    case KEY_STRING: {
      int order = memcmp(a->p, b->p, a->length < b->length ? a->length : b->length);
      return order ? order : a->length < b->length ? -1 : a->length > b->length;
    }
    default: return a->i < b->i ? -1 : a->i > b->i;
  }
}

/// Whether the key at `index` is one of 1..run.
static bool in_run(lua_State *L, int index, lua_Integer run) {
  if (!lua_isinteger(L, index)) return false;
  lua_Integer key = lua_tointeger(L, index);
  return key >= 1 && key <= run;
}

static int64_t logarithm(int64_t n) {
  int64_t bits = 1;
  while (n >>= 1) bits++;
  return bits;
}

/// Pushes a list of the table's keys outside 1..run, sorted; returns how many. No script runs meanwhile.
static uint32_t push_other_keys(lua_State *L, stella_lua *S, int table, lua_Integer run) {
  stella_charge(L, S, stella_walk_charge(S));
  lua_newtable(L);
  int list = lua_gettop(L);
  uint32_t count = 0;
  int64_t bytes = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    if (in_run(L, -1, run)) continue;
    sort_key key;
    read_key(L, -1, 0, &key);  // raises on a key without an order
    if ((key.place_and_kind & 3) == KEY_STRING) bytes += key.length;
    lua_pushvalue(L, -1);
    lua_rawseti(L, list, ++count);
  }
  int64_t levels = logarithm(count);
  stella_charge(L, S, run / 4 + count * levels + bytes * levels / 64);
  if (count < 2) return count;
  size_t size = count * sizeof(sort_key);
  sort_key *keys = stella_grow(L, S, NULL, 0, size);
  for (uint32_t i = 0; i < count; i++) {
    lua_rawgeti(L, list, i + 1);
    read_key(L, -1, i, &keys[i]);
    lua_pop(L, 1);
  }
  qsort(keys, count, sizeof(sort_key), compare_keys);
  // Moves each key to its place, cycle by cycle. Nothing here allocates or raises.
  for (uint32_t start = 0; start < count; start++) {
    uint32_t from = keys[start].place_and_kind >> 2;
    if (from == start || keys[start].length == UINT32_MAX) continue;
    lua_rawgeti(L, list, start + 1);
    uint32_t to = start;
    while (from != start) {
      lua_rawgeti(L, list, from + 1);
      lua_rawseti(L, list, to + 1);
      keys[to].length = UINT32_MAX;
      to = from;
      from = keys[to].place_and_kind >> 2;
    }
    lua_rawseti(L, list, to + 1);
    keys[to].length = UINT32_MAX;
  }
  stella_allocate(S, keys, size, 0);
  return count;
}

/// Upvalues: the table, how far it is, the list of other keys once 1..n is done.
static int pairs_step(lua_State *L) {
  stella_lua *S = stella_of(L);
  lua_Integer at = lua_tointeger(L, lua_upvalueindex(2)) + 1;
  if (lua_isnil(L, lua_upvalueindex(3))) {
    lua_pushinteger(L, at);
    if (lua_rawgeti(L, lua_upvalueindex(1), at) != LUA_TNIL) {
      lua_pushvalue(L, -2);
      lua_replace(L, lua_upvalueindex(2));
      return 2;
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    push_other_keys(L, S, lua_gettop(L), at - 1);
    lua_replace(L, lua_upvalueindex(3));
    at = 1;
  }
  for (;; at++) {
    if (lua_rawgeti(L, lua_upvalueindex(3), at) == LUA_TNIL) {
      lua_pushinteger(L, at - 1);
      lua_replace(L, lua_upvalueindex(2));
      return 1;
    }
    lua_pushvalue(L, -1);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) break;
    lua_pop(L, 2);
    stella_charge(L, S, 1);
  }
  lua_pushinteger(L, at);
  lua_replace(L, lua_upvalueindex(2));
  return 2;
}

static void check_table(lua_State *L) {
  if (lua_istable(L, 1)) return;
  if (stella_userdata_kind(L, 1) == USERDATA_RECORD)
    luaL_error(L, "an event has no list of its fields; read them by name");
  luaL_checktype(L, 1, LUA_TTABLE);
}

int stella_pairs(lua_State *L) {
  check_table(L);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  lua_pushnil(L);
  lua_pushcclosure(L, pairs_step, 3);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

int stella_next(lua_State *L) {
  stella_lua *S = stella_of(L);
  check_table(L);
  lua_settop(L, 2);
  lua_Integer run = 0;
  bool after_run = true;  // whether the key stands after all of 1..n
  sort_key last = {.i = 0};
  if (lua_isnil(L, 2)) {
    if (lua_rawgeti(L, 1, 1) != LUA_TNIL) {
      lua_pushinteger(L, 1);
      lua_insert(L, -2);
      return 2;
    }
    lua_settop(L, 2);
  } else {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, 1) == LUA_TNIL) return luaL_error(L, "invalid key to 'next'");
    read_key(L, 2, 0, &last);
    lua_settop(L, 2);
    while (lua_rawgeti(L, 1, run + 1) != LUA_TNIL) {
      run++;
      lua_settop(L, 2);
      if (in_run(L, 2, run - 1)) {  // the key is in the run and has a successor there
        lua_pushinteger(L, run);
        lua_rawgeti(L, 1, run);
        return 2;
      }
    }
    lua_settop(L, 2);
    stella_charge(L, S, run);
    after_run = !in_run(L, 2, run);
  }
  stella_charge(L, S, stella_walk_charge(S));
  int64_t visited = 0;
  bool found = false;
  sort_key best;
  lua_pushnil(L);  // 3: the best key so far
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    visited++;
    if (in_run(L, -1, run)) continue;
    sort_key key;
    read_key(L, -1, 0, &key);
    if (!lua_isnil(L, 2) && after_run && compare_keys(&key, &last) <= 0) continue;
    if (found && compare_keys(&key, &best) >= 0) continue;
    best = key;
    found = true;
    lua_pushvalue(L, -1);
    lua_replace(L, 3);
  }
  stella_charge(L, S, visited / 2);
  if (!found) return 1;
  lua_settop(L, 3);
  lua_pushvalue(L, 3);
  lua_rawget(L, 1);
  return 2;
}
