#include "sandbox.h"

// Strings under construction lie one after the other in one buffer of the state; a builder remembers where its own
// starts. An error that leaves a builder needs no clean-up: pcall and the next call cut the buffer back.

char *stella_buffer_reserve(lua_State *L, stella_lua *S, size_t start, size_t length) {
  size_t built = S->buffer_length - start;
  if (length > S->limits.string_bytes || built + length > S->limits.string_bytes)
    luaL_error(L, "resulting string too large (limit %d bytes)", (int)S->limits.string_bytes);
  if (S->buffer_length + length > S->buffer_capacity) {
    size_t capacity = S->buffer_capacity ? S->buffer_capacity : 256;
    while (capacity < S->buffer_length + length) capacity *= 2;
    S->buffer = stella_grow(L, S, S->buffer, S->buffer_capacity, capacity);
    S->buffer_capacity = capacity;
  }
  return S->buffer + S->buffer_length;
}

void stella_buffer_add(lua_State *L, stella_lua *S, size_t start, const char *bytes, size_t length) {
  if (length == 0) return;
  memcpy(stella_buffer_reserve(L, S, start, length), bytes, length);
  S->buffer_length += length;
}

/// Pushes what was built since `start` as a string.
void stella_buffer_push(lua_State *L, stella_lua *S, size_t start) {
  lua_pushlstring(L, S->buffer ? S->buffer + start : "", S->buffer_length - start);
  S->buffer_length = start;
}
