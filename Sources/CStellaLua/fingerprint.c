#include "sandbox.h"

// Every table and function that is reached adds its own content to one sum, once, and stands for its address where it
// is referred to, so that the order in which things are walked does not matter. What the host's library makes when a
// script first uses it counts for nothing.

typedef struct walk {
  lua_State *L;
  int visited;  ///< stack index of the set of objects met
  uint64_t sum;
} walk;

static uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t z = a * 0x9E3779B97F4A7C15u + b;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static uint64_t of_text(const char *text, size_t length) {
  uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)text[i]) * 0x100000001B3u;
  return mix(hash, length);
}

static uint64_t of_value(walk *W, int index, int depth);

/// Whether the object at `index` is met for the first time.
static bool enter(walk *W, int index) {
  lua_State *L = W->L;
  lua_pushvalue(L, index);
  bool met = lua_rawget(L, W->visited) != LUA_TNIL;
  lua_pop(L, 1);
  if (met) return false;
  lua_pushvalue(L, index);
  lua_pushboolean(L, 1);
  lua_rawset(L, W->visited);
  return true;
}

static bool is_library_function(lua_State *L, int index) {
  lua_CFunction native = lua_tocfunction(L, index);
  return native && stella_is_library_function(native);
}

/// Whether the global whose name is at `index` was made by the library when it was first used.
static bool is_library_name(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return false;
  index = lua_absindex(L, index);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_TAGS);
  lua_pushvalue(L, index);
  bool made = lua_rawget(L, -2) == LUA_TBOOLEAN;
  lua_pop(L, 2);
  return made;
}

enum { PLAIN, GLOBALS, LIBRARY };

/// The content of a table. A table of the library counts with what the script has put into it only.
static uint64_t of_table(walk *W, int index, int depth, int role) {
  lua_State *L = W->L;
  uint64_t sum = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    bool library = role == LIBRARY || (role == GLOBALS && is_library_name(L, -2));
    if (library && lua_istable(L, -1)) {
      if (enter(W, lua_gettop(L))) W->sum += of_table(W, lua_gettop(L), depth + 1, LIBRARY);
    } else if (!is_library_function(L, -1)) {
      sum += mix(of_value(W, -2, depth + 1), of_value(W, -1, depth + 1));
    }
    lua_pop(L, 1);
  }
  return sum;
}

static uint64_t of_function(walk *W, int index, int depth) {
  uint64_t sum = 0;
  if (lua_iscfunction(W->L, index)) return sum;
  for (int i = 1; lua_getupvalue(W->L, index, i); i++) {
    sum = mix(sum, of_value(W, -1, depth + 1));
    lua_pop(W->L, 1);
  }
  return sum;
}

static uint64_t of_value(walk *W, int index, int depth) {
  lua_State *L = W->L;
  luaL_checkstack(L, 8, NULL);
  if (depth > 100) luaL_error(L, "the script's variables are nested too deep to compare");
  index = lua_absindex(L, index);
  int type = lua_type(L, index);
  uint64_t kind = (uint64_t)type + 1;
  switch (type) {
    case LUA_TNIL: return kind;
    case LUA_TBOOLEAN: return mix(kind, (uint64_t)lua_toboolean(L, index));
    case LUA_TNUMBER: {
      if (lua_isinteger(L, index)) return mix(kind, (uint64_t)lua_tointeger(L, index));
      double number = lua_tonumber(L, index);
      uint64_t bits;
      memcpy(&bits, &number, sizeof bits);
      return mix(kind + 16, bits);
    }
    case LUA_TSTRING: {
      size_t length;
      const char *text = lua_tolstring(L, index, &length);
      return of_text(text, length);
    }
    default: {
      uint64_t address = (uint64_t)(uintptr_t)lua_topointer(L, index);
      if ((type == LUA_TTABLE || type == LUA_TFUNCTION) && enter(W, index))
        W->sum += mix(address, type == LUA_TTABLE ? of_table(W, index, depth, PLAIN) : of_function(W, index, depth));
      return mix(kind, address);
    }
  }
}

uint64_t stella_fingerprint(lua_State *L) {
  walk W = {L, 0, 0};
  luaL_checkstack(L, 12, NULL);
  lua_newtable(L);
  W.visited = lua_gettop(L);
  lua_pushglobaltable(L);
  enter(&W, W.visited + 1);
  W.sum += of_table(&W, W.visited + 1, 0, GLOBALS);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_FUNCTIONS);
  of_value(&W, -1, 0);
  return W.sum;
}
