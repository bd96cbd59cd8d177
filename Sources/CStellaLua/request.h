#ifndef STELLA_LUA_REQUEST_H
#define STELLA_LUA_REQUEST_H

#include "sandbox.h"

/// What a protected function of the host's side works on.
typedef struct request {
  const uint8_t *bytes;
  size_t length;
  const char *name;
  int64_t slot;
  int32_t function, count, type;
} request;

static inline const request *request_of(lua_State *L) { return lua_touserdata(L, 1); }

/// Runs something that is the host's business, not the script's, in a protected call within the budget of a load: not
/// counted in steps, and no result of a call. `function` finds the request with `request_of`, and the result of the
/// last call at stack index 2.
int32_t stella_run_for_host(stella_lua *S, lua_CFunction function, request *request);

#endif
