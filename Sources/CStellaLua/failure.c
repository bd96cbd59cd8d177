#include <stdio.h>
#include <stdlib.h>

#include "sandbox.h"

// Nothing here allocates in Lua or raises: it runs while an error is on its way.

enum { NAMED_FRAMES_SOURCE = 16 * 1024 };

static char *text_of(stella_lua *S) {
  if (!S->failure_text) S->failure_text = malloc(MESSAGE_BYTES + TRACEBACK_BYTES);
  return S->failure_text;
}

void stella_set_message(stella_lua *S, const char *text, size_t length) {
  char *to = text_of(S);
  if (!to) return;
  if (length > MESSAGE_BYTES) {
    length = MESSAGE_BYTES;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) length--;
  }
  memcpy(to, text, length);
  S->message_length = length;
}

/// Appends one frame to the traceback. Naming a function walks its caller's code, so large scripts go without names.
static void add_frame(lua_State *L, stella_lua *S, lua_Debug *frame) {
  char *to = text_of(S);
  if (!to) return;
  if (S->source_length <= NAMED_FRAMES_SOURCE) lua_getinfo(L, "n", frame);
  else frame->name = NULL;
  char *at = to + MESSAGE_BYTES + S->traceback_length;
  size_t room = TRACEBACK_BYTES - S->traceback_length;
  int wrote;
  if (frame->what[0] == 'm') wrote = snprintf(at, room, "%d: in the script's main part\n", frame->currentline);
  else if (frame->name) wrote = snprintf(at, room, "%d: in function '%.60s'\n", frame->currentline, frame->name);
  else wrote = snprintf(at, room, "%d: in the function of line %d\n", frame->currentline, frame->linedefined);
  if (wrote > 0 && (size_t)wrote < room) S->traceback_length += (size_t)wrote;
}

/// Notes where in the script this is. Outside of any script frame the last place stays: Lua also asks for memory while
/// it unwinds.
void stella_locate(lua_State *L, stella_lua *S, bool with_traceback) {
  lua_Debug frame;
  int frames = 0;
  for (int level = 0; frames < TRACEBACK_FRAMES && lua_getstack(L, level, &frame); level++) {
    if (!lua_getinfo(L, "Sl", &frame) || frame.what[0] == 'C' || frame.currentline < 0) continue;
    if (frames == 0) {
      S->failure_line = frame.currentline;
      S->traceback_length = 0;
      S->failure_located = true;
    }
    if (!with_traceback) return;
    add_frame(L, S, &frame);
    frames++;
  }
}

/// The message handler of every protected call that comes from the host.
int stella_on_error(lua_State *L) {
  stella_lua *S = stella_of(L);
  if (!S->killed) stella_locate(L, S, true);
  return 1;
}

/// Cuts "chunk:12: " off the front of a message; the line goes to `line`.
static void cut_position(const stella_lua *S, const char **message, size_t *length, int32_t *line) {
  const char *end = *message + *length, *at = *message;
  size_t name = S->chunk_name ? strlen(S->chunk_name) : 0;
  if (name == 0 || *length <= name || memcmp(at, S->chunk_name, name) != 0 || at[name] != ':') return;
  at += name + 1;
  int32_t number = 0;
  const char *digits = at;
  while (at < end && *at >= '0' && *at <= '9' && number < 100000000) number = number * 10 + (*at++ - '0');
  if (at == digits || end - at < 2 || at[0] != ':' || at[1] != ' ') return;
  *line = number;
  *message = at + 2;
  *length = (size_t)(end - at - 2);
}

static void set_kill_message(stella_lua *S) {
  char text[160];
  int length = 0;
  switch (S->failure_kind) {
    case STELLA_LUA_KIND_BUDGET:
      length = snprintf(text, sizeof text, "step budget of %lld used up", (long long)S->budget);
      break;
    case STELLA_LUA_KIND_DEADLINE:
      if (S->is_slow)
        length = snprintf(text, sizeof text, "time limit of %lld ms for slow steps reached",
                          (long long)(stella_slow_limit_ns(S) / 1000000));
      else
        length = snprintf(text, sizeof text, "time limit of %lld ms reached", (long long)(S->deadline_ns / 1000000));
      break;
    default:
      if (S->string_denied)
        length = snprintf(text, sizeof text, "a string would be longer than %u bytes", S->limits.string_bytes);
      else if (S->traffic_left < 0)
        length = snprintf(text, sizeof text, "too much memory moved in one call (limit of memory %llu bytes)",
                          (unsigned long long)S->limits.memory_bytes);
      else
        length = snprintf(text, sizeof text, "memory limit of %llu bytes reached",
                          (unsigned long long)S->limits.memory_bytes);
  }
  stella_set_message(S, text, (size_t)length);
}

/// Turns the status of a protected call and the error value on the stack's top into the failure that the host reads.
void stella_record_failure(stella_lua *S, int status) {
  lua_State *L = S->L;
  S->has_result = false;
  if (!S->failure_located) {
    S->failure_line = 0;
    S->traceback_length = 0;
  }
  S->message_length = 0;
  if (S->killed || status == LUA_ERRMEM) {
    S->failure_kind = S->killed ? S->killed : STELLA_LUA_KIND_MEMORY;
    set_kill_message(S);
  } else {
    S->failure_kind = S->compiling ? STELLA_LUA_KIND_LOAD : STELLA_LUA_KIND_RUNTIME;
    char text[96];
    int type = lua_type(L, -1);
    if (type == LUA_TSTRING) {
      size_t length;
      const char *message = lua_tolstring(L, -1, &length);
      cut_position(S, &message, &length, &S->failure_line);
      static const char overflow[] = "the script nests expressions or blocks too deep";
      if (S->compiling && S->failure_line == 0) message = overflow, length = sizeof overflow - 1;
      stella_set_message(S, message, length);
    } else if (type == LUA_TNUMBER) {
      int length = lua_isinteger(L, -1) ? snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(L, -1))
                                        : snprintf(text, sizeof text, "%.14g", lua_tonumber(L, -1));
      stella_set_message(S, text, (size_t)length);
    } else {
      int length = snprintf(text, sizeof text, "(error value of type %s)", lua_typename(L, type));
      stella_set_message(S, text, (size_t)length);
    }
  }
  if (S->failure_line == 0) S->failure_line = S->compiling ? 1 : S->called_line;
  S->failures[S->failure_kind]++;
}
