#include <stdlib.h>

#include "sandbox.h"

// Values cross between Lua and the host as bytes (see stella_lua.h), so that the host never touches a Lua state.

void stella_output_add(lua_State *L, stella_lua *S, const void *bytes, size_t length) {
  size_t needed = S->output_length + length;
  if (needed > S->limits.memory_bytes) luaL_error(L, "the value is too large to leave the script");
  if (needed > S->output_capacity) {
    size_t capacity = S->output_capacity ? S->output_capacity * 2 : 512;
    while (capacity < needed) capacity *= 2;
    uint8_t *grown = realloc(S->output, capacity);
    if (!grown) luaL_error(L, "the value is too large to leave the script");
    S->output = grown;
    S->output_capacity = capacity;
  }
  memcpy(S->output + S->output_length, bytes, length);
  S->output_length = needed;
}

static void add_byte(lua_State *L, stella_lua *S, uint8_t byte) { stella_output_add(L, S, &byte, 1); }

static void add_text(lua_State *L, stella_lua *S, int index) {
  size_t length;
  const char *text = lua_tolstring(L, index, &length);
  uint32_t size = (uint32_t)length;
  stella_output_add(L, S, &size, sizeof size);
  stella_output_add(L, S, text, length);
}

static void encode_table(lua_State *L, stella_lua *S, int table, uint32_t depth, int allowed) {
  if (depth >= S->limits.nesting)
    luaL_error(L, "a table is nested deeper than %d or contains itself", (int)S->limits.nesting);
  luaL_checkstack(L, 6, NULL);
  size_t header = S->output_length;
  uint32_t counts[3] = {0, 0, 0};
  stella_output_add(L, S, counts, sizeof counts);
  for (lua_Integer i = 1; lua_rawgeti(L, table, i) != LUA_TNIL; i++, lua_pop(L, 1)) {
    stella_encode(L, S, -1, depth + 1, allowed);
    counts[0]++;
  }
  lua_pop(L, 1);
  // Two walks keep each kind of key together; the host sorts.
  for (int strings = 0; strings < 2; strings++) {
    lua_pushnil(L);
    while (lua_next(L, table)) {
      int type = lua_type(L, -2);
      if (type == LUA_TSTRING) {
        if (strings) {
          add_text(L, S, -2);
          stella_encode(L, S, -1, depth + 1, allowed);
          counts[2]++;
        }
      } else if (lua_isinteger(L, -2)) {
        int64_t key = lua_tointeger(L, -2);
        if (!strings && (key < 1 || key > counts[0])) {
          stella_output_add(L, S, &key, sizeof key);
          stella_encode(L, S, -1, depth + 1, allowed);
          counts[1]++;
        }
      } else {
        luaL_error(L, "a table has a key of type %s; only strings and integers can leave the script",
                   stella_type_name(L, -2));
      }
      lua_pop(L, 1);
    }
  }
  memcpy(S->output + header, counts, sizeof counts);
}

static void encode_function(lua_State *L, stella_lua *S, int index, int allowed) {
  if (!(allowed & ENCODE_FUNCTIONS)) luaL_error(L, "a function can't leave the script here");
  lua_Debug info;
  lua_pushvalue(L, index);
  lua_getinfo(L, ">S", &info);
  int32_t words[2] = {++S->function_count, info.linedefined};
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_FUNCTIONS);
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, words[0]);
  lua_pop(L, 1);
  add_byte(L, S, STELLA_LUA_FUNCTION);
  stella_output_add(L, S, words, sizeof words);
}

/// The constructor whose tag a table carries, or -1.
static int32_t tag_of(lua_State *L, int table) {
  if (!lua_getmetatable(L, table)) return -1;
  lua_rawgeti(L, -1, 1);
  int32_t tag = lua_isinteger(L, -1) ? (int32_t)lua_tointeger(L, -1) : -1;
  lua_pop(L, 2);
  return tag;
}

/// Appends the encoded value to the state's output. Calls no metamethod. O(size of the value), bounded by the memory
/// limit; raises on functions (unless allowed), cycles and keys that the encoding has no place for.
void stella_encode(lua_State *L, stella_lua *S, int index, uint32_t depth, int allowed) {
  luaL_checkstack(L, 4, NULL);
  index = lua_absindex(L, index);
  switch (lua_type(L, index)) {
    case LUA_TNIL: add_byte(L, S, STELLA_LUA_NIL); break;
    case LUA_TBOOLEAN: add_byte(L, S, lua_toboolean(L, index) ? STELLA_LUA_TRUE : STELLA_LUA_FALSE); break;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        int64_t value = lua_tointeger(L, index);
        add_byte(L, S, STELLA_LUA_INTEGER);
        stella_output_add(L, S, &value, sizeof value);
      } else {
        double value = lua_tonumber(L, index);
        add_byte(L, S, STELLA_LUA_DOUBLE);
        stella_output_add(L, S, &value, sizeof value);
      }
      break;
    case LUA_TSTRING:
      add_byte(L, S, STELLA_LUA_STRING);
      add_text(L, S, index);
      break;
    case LUA_TTABLE: {
      int32_t tag = tag_of(L, index);
      add_byte(L, S, tag < 0 ? STELLA_LUA_TABLE : STELLA_LUA_TAGGED);
      if (tag >= 0) stella_output_add(L, S, &tag, sizeof tag);
      encode_table(L, S, index, depth, allowed);
      break;
    }
    case LUA_TFUNCTION: encode_function(L, S, index, allowed); break;
    case LUA_TLIGHTUSERDATA: add_byte(L, S, STELLA_LUA_NULL); break;
    default:
      if (!(allowed & ENCODE_OBJECTS)) luaL_error(L, "a %s is no plain value", stella_type_name(L, index));
      switch (stella_userdata_kind(L, index)) {
        case USERDATA_RECORD: add_byte(L, S, STELLA_LUA_RECORD); break;
        case USERDATA_STATE: add_byte(L, S, STELLA_LUA_STATE); break;
        case USERDATA_HANDLE: {
          const stella_handle *handle = lua_touserdata(L, index);
          int32_t words[2] = {handle->type, handle->id};
          add_byte(L, S, STELLA_LUA_HANDLE);
          stella_output_add(L, S, words, sizeof words);
          break;
        }
        default: luaL_error(L, "a value of type %s can't leave the script", luaL_typename(L, index));
      }
  }
}

static const void *take(lua_State *L, const uint8_t **at, const uint8_t *end, size_t length) {
  if ((size_t)(end - *at) < length) luaL_error(L, "malformed value from the host");
  const void *bytes = *at;
  *at += length;
  return bytes;
}

static uint32_t take_count(lua_State *L, const uint8_t **at, const uint8_t *end) {
  uint32_t count;
  memcpy(&count, take(L, at, end, sizeof count), sizeof count);
  if (count > (size_t)(end - *at)) luaL_error(L, "malformed value from the host");
  return count;
}

static void push_table(lua_State *L, stella_lua *S, const uint8_t **at, const uint8_t *end, uint32_t depth) {
  if (depth > S->limits.nesting) luaL_error(L, "a value from the host is nested deeper than %d", (int)S->limits.nesting);
  luaL_checkstack(L, 4, NULL);
  uint32_t array = take_count(L, at, end), integers = take_count(L, at, end), fields = take_count(L, at, end);
  lua_createtable(L, (int)array, (int)(integers + fields));
  for (uint32_t i = 1; i <= array; i++) {
    *at = stella_push_encoded(L, S, *at, end, depth + 1);
    lua_rawseti(L, -2, i);
  }
  for (uint32_t i = 0; i < integers; i++) {
    int64_t key;
    memcpy(&key, take(L, at, end, sizeof key), sizeof key);
    *at = stella_push_encoded(L, S, *at, end, depth + 1);
    lua_rawseti(L, -2, key);
  }
  for (uint32_t i = 0; i < fields; i++) {
    uint32_t length = take_count(L, at, end);
    lua_pushlstring(L, take(L, at, end, length), length);
    *at = stella_push_encoded(L, S, *at, end, depth + 1);
    lua_rawset(L, -3);
  }
}

/// Pushes one value from `at`; returns where the next one starts.
const uint8_t *stella_push_encoded(lua_State *L, stella_lua *S, const uint8_t *at, const uint8_t *end, uint32_t depth) {
  luaL_checkstack(L, 3, NULL);
  uint8_t kind = *(const uint8_t *)take(L, &at, end, 1);
  switch (kind) {
    case STELLA_LUA_NIL: lua_pushnil(L); break;
    case STELLA_LUA_NULL: lua_pushlightuserdata(L, NULL); break;
    case STELLA_LUA_FALSE:
    case STELLA_LUA_TRUE: lua_pushboolean(L, kind == STELLA_LUA_TRUE); break;
    case STELLA_LUA_INTEGER: {
      int64_t value;
      memcpy(&value, take(L, &at, end, sizeof value), sizeof value);
      lua_pushinteger(L, value);
      break;
    }
    case STELLA_LUA_DOUBLE: {
      double value;
      memcpy(&value, take(L, &at, end, sizeof value), sizeof value);
      lua_pushnumber(L, value);
      break;
    }
    case STELLA_LUA_STRING: {
      uint32_t length = take_count(L, &at, end);
      stella_push_text(L, S, take(L, &at, end, length), length);
      break;
    }
    case STELLA_LUA_TABLE: push_table(L, S, &at, end, depth); break;
    case STELLA_LUA_TAGGED: {
      uint32_t tag;
      memcpy(&tag, take(L, &at, end, sizeof tag), sizeof tag);
      push_table(L, S, &at, end, depth);
      stella_set_tag(L, tag);
      break;
    }
    case STELLA_LUA_FUNCTION: {
      int32_t words[2];
      memcpy(words, take(L, &at, end, sizeof words), sizeof words);
      lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_FUNCTIONS);
      lua_rawgeti(L, -1, words[0]);
      lua_remove(L, -2);
      break;
    }
    case STELLA_LUA_RECORD: lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_RECORD); break;
    case STELLA_LUA_STATE: lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_STATE); break;
    case STELLA_LUA_HANDLE: {
      int32_t words[2];
      memcpy(words, take(L, &at, end, sizeof words), sizeof words);
      stella_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
      *handle = (stella_handle){USERDATA_HANDLE, words[0], words[1]};
      stella_push_handle_metatable(L, words[0]);
      lua_setmetatable(L, -2);
      break;
    }
    default: luaL_error(L, "malformed value from the host");
  }
  return at;
}

/// Pushes text from outside, cut at the limit of a string (never inside a UTF-8 sequence): a log line of a megabyte
/// must not end every rule that reads it.
void stella_push_text(lua_State *L, stella_lua *S, const uint8_t *bytes, size_t length) {
  if (length > S->limits.string_bytes) {
    length = S->limits.string_bytes;
    for (int i = 0; i < 3 && length > 0 && (bytes[length] & 0xC0) == 0x80; i++) length--;
  }
  lua_pushlstring(L, (const char *)bytes, length);
}

void stella_push_cell(lua_State *L, stella_lua *S, const stella_value *cell) {
  switch (cell->kind) {
    case STELLA_STRING: stella_push_text(L, S, cell->p, cell->length); break;
    case STELLA_INT: lua_pushinteger(L, cell->i); break;
    case STELLA_DOUBLE: lua_pushnumber(L, cell->d); break;
    case STELLA_BOOL: lua_pushboolean(L, cell->i != 0); break;
    case STELLA_NULL: lua_pushlightuserdata(L, NULL); break;
    case STELLA_ARRAY:
    case STELLA_OBJECT: {
      stella_lua_answer answer = {NULL, 0};
      stella_charge(L, S, 32 + cell->length / 2);
      if (S->host.decode(S->host.context, cell, &answer) != STELLA_LUA_ENCODED) stella_raise_answer(L, &answer);
      stella_push_encoded(L, S, answer.bytes, answer.bytes + answer.length, 0);
      break;
    }
    default: lua_pushnil(L);
  }
}
