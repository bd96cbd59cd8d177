#include <stdlib.h>

#include "sandbox.h"

// What a script has in its variables at each of its lines, for people who ask why it found nothing. Only what the hook of
// lines sees, so it costs nothing unless it is asked for; nothing here can raise or allocate.

enum { TRACE_BYTES = 64 * 1024, ENTRY_BYTES = 8 * 1024, TEXT_BYTES = 64, NAME_BYTES = 63 };

int32_t stella_lua_trace_values(stella_lua *S) {
  if (!S->trace) S->trace = malloc(TRACE_BYTES);
  S->trace_length = 0;
  return S->trace != NULL;
}

stella_lua_answer stella_lua_trace_of(const stella_lua *S) { return (stella_lua_answer){S->trace, S->trace_length}; }

static void put(stella_lua *S, const void *bytes, size_t length) {
  memcpy(S->trace + S->trace_length, bytes, length);
  S->trace_length += length;
}

/// A name with the plain value on the stack's top, encoded as values are; false when it is none.
static bool put_value(lua_State *L, stella_lua *S, const char *name) {
  uint8_t kind;
  switch (lua_type(L, -1)) {
    case LUA_TNIL: kind = STELLA_LUA_NIL; break;
    case LUA_TBOOLEAN: kind = lua_toboolean(L, -1) ? STELLA_LUA_TRUE : STELLA_LUA_FALSE; break;
    case LUA_TNUMBER: kind = lua_isinteger(L, -1) ? STELLA_LUA_INTEGER : STELLA_LUA_DOUBLE; break;
    case LUA_TSTRING: kind = STELLA_LUA_STRING; break;
    default: return false;
  }
  size_t length = strlen(name);
  uint8_t name_length = length < NAME_BYTES ? (uint8_t)length : NAME_BYTES;
  put(S, &name_length, 1);
  put(S, name, name_length);
  put(S, &kind, 1);
  if (kind == STELLA_LUA_INTEGER) {
    lua_Integer number = lua_tointeger(L, -1);
    put(S, &number, sizeof number);
  } else if (kind == STELLA_LUA_DOUBLE) {
    lua_Number number = lua_tonumber(L, -1);
    put(S, &number, sizeof number);
  } else if (kind == STELLA_LUA_STRING) {
    size_t bytes;
    const char *text = lua_tolstring(L, -1, &bytes);
    uint32_t kept = bytes < TEXT_BYTES ? (uint32_t)bytes : TEXT_BYTES;
    put(S, &kept, sizeof kept);
    put(S, text, kept);
  }
  return true;
}

/// Notes the line that is about to run with the plain values that the function sees there: i32 line, u8 count, then each.
void stella_trace_line(lua_State *L, stella_lua *S, lua_Debug *activation) {
  // The end of a long call says why it came to nothing, so that goes on.
  if (S->trace_length + ENTRY_BYTES > TRACE_BYTES) S->trace_length = 0;
  size_t start = S->trace_length;
  int32_t line = activation->currentline;
  uint8_t count = 0;
  put(S, &line, sizeof line);
  put(S, &count, 1);
  const char *name;
  for (int i = 1; count < 32 && (name = lua_getlocal(L, activation, i)) != NULL; i++) {
    if (name[0] != '(' && put_value(L, S, name)) count++;
    lua_pop(L, 1);
  }
  if (lua_getinfo(L, "f", activation)) {
    for (int i = 1; count < 48 && (name = lua_getupvalue(L, -1, i)) != NULL; i++) {
      if (put_value(L, S, name)) count++;
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  memcpy(S->trace + start + sizeof line, &count, 1);
}
