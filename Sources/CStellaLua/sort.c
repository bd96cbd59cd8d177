#include "sandbox.h"

// Heap sort over raw accesses: whatever the comparison answers or does to the table, it stays within 1..n and ends
// after O(n log n) comparisons. Not stable, but the same input always gives the same output.

enum { COMPARISON_STEPS = 4 };

/// Whether the value at `a` sorts before the one at `b`.
static bool less(lua_State *L, stella_lua *S, int a, int b) {
  a = lua_absindex(L, a);
  b = lua_absindex(L, b);
  stella_charge(L, S, COMPARISON_STEPS);
  if (lua_isnil(L, 2)) {
    if (lua_type(L, a) == LUA_TSTRING && lua_type(L, b) == LUA_TSTRING) {
      size_t n, m;
      const char *s = lua_tolstring(L, a, &n), *t = lua_tolstring(L, b, &m);
      stella_charge(L, S, (int64_t)(n < m ? n : m) / 32);
      int order = memcmp(s, t, n < m ? n : m);
      return order ? order < 0 : n < m;
    }
    return lua_compare(L, a, b, LUA_OPLT);
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_call(L, 2, 1);
  bool result = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return result;
}

/// Puts the value on the stack's top into the heap below `root`; pops it.
static void sift(lua_State *L, stella_lua *S, lua_Integer root, lua_Integer count) {
  for (lua_Integer child; (child = 2 * root) <= count; root = child) {
    lua_rawgeti(L, 1, child);
    if (child < count) {
      lua_rawgeti(L, 1, child + 1);
      if (less(L, S, -2, -1)) {
        lua_remove(L, -2);
        child++;
      } else {
        lua_pop(L, 1);
      }
    }
    if (!less(L, S, -2, -1)) {
      lua_pop(L, 1);
      break;
    }
    lua_rawseti(L, 1, root);
  }
  lua_rawseti(L, 1, root);
}

int stella_sort(lua_State *L) {
  stella_lua *S = stella_of(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  luaL_checkstack(L, 8, NULL);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
  stella_enter_callback(L, S);
  for (lua_Integer root = count / 2; root >= 1; root--) {
    lua_rawgeti(L, 1, root);
    sift(L, S, root, count);
  }
  for (lua_Integer last = count; last > 1; last--) {
    lua_rawgeti(L, 1, last);
    lua_rawgeti(L, 1, 1);
    lua_rawseti(L, 1, last);
    sift(L, S, 1, last - 1);
  }
  stella_leave_callback(S);
  return 0;
}
