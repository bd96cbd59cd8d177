#include <stdlib.h>
#include <string.h>

#include "sandbox.h"

typedef struct growing {
  uint8_t *bytes;
  size_t length, room;
} growing;

static int append(lua_State *L, const void *piece, size_t size, void *context) {
  (void)L;
  growing *G = context;
  if (G->length + size > G->room) {
    size_t room = (G->length + size) * 2;
    uint8_t *bytes = realloc(G->bytes, room);
    if (!bytes) return 1;
    G->bytes = bytes;
    G->room = room;
  }
  memcpy(G->bytes + G->length, piece, size);
  G->length += size;
  return 0;
}

uint8_t *stella_lua_compile(const uint8_t *source, size_t length, size_t *compiled) {
  if (length >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0) source += 3, length -= 3;
  lua_State *L = luaL_newstate();
  if (!L) return NULL;
  growing G = {NULL, 0, 0};
  bool is_whole =
      luaL_loadbufferx(L, (const char *)source, length, "=script", "t") == LUA_OK && lua_dump(L, append, &G, 0) == 0;
  lua_close(L);
  if (!is_whole) {
    free(G.bytes);
    return NULL;
  }
  *compiled = G.length;
  return G.bytes;
}
