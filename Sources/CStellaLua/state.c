#include <stdio.h>
#include <stdlib.h>

#include "request.h"
#include "sandbox.h"

// The entries of the host. Each arms the panic handler, runs what can raise in a protected call, and returns a status.

enum { LOAD_DEADLINES = 5 };

static int panicked(lua_State *L) {
  _longjmp(stella_of(L)->panic, 1);
  return 0;
}

/// Lua lost its own state (it ran out of memory while handling an error): it is never entered again, and not closed
/// either, since closing walks it.
static int32_t lose(stella_lua *S) {
  static const char text[] = "the Lua state was lost; load the rule again";
  S->lost = true;
  S->in_call = false;
  S->failure_kind = STELLA_LUA_KIND_INTERNAL;
  S->failure_line = 0;
  S->traceback_length = 0;
  stella_set_message(S, text, sizeof text - 1);
  S->failures[STELLA_LUA_KIND_INTERNAL]++;
  return STELLA_LUA_FAILED;
}

/// Gives the coming call its budgets. False when the state can't be entered: lost, or already inside a call.
static bool begin(stella_lua *S, int64_t steps, int64_t deadline_ns) {
  if (S->lost || S->in_call) return false;
  S->budget = S->steps_left = steps;
  S->traffic_left = steps * 160;
  S->deadline_ns = deadline_ns;
  S->started_ns = S->ran_mark_ns = 0;
  S->killed = 0;
  S->is_slow = S->watch_closely = S->large_string_seen = false;
  S->string_denied = S->failure_located = false;
  S->nesting = 0;
  S->buffer_length = 0;
  S->trace_length = 0;
  S->in_call = true;
  stella_arm_hook(S, S->large_strings > 0);
  return true;
}

static int32_t refuse_entry(stella_lua *S) {
  if (S->lost) return lose(S);
  static const char text[] = "a host callback called back into the same Lua state";
  S->failure_kind = STELLA_LUA_KIND_INTERNAL;
  S->failure_line = 0;
  S->traceback_length = 0;
  stella_set_message(S, text, sizeof text - 1);
  return STELLA_LUA_FAILED;
}

/// The start of the function that was called last stands in for a line that nobody knows.
static void note_called_line(stella_lua *S) {
  lua_Debug info;
  S->called_line = 0;
  if (S->called_function == 0) return;
  if (lua_rawgeti(S->L, SLOT_FUNCTIONS, S->called_function) != LUA_TFUNCTION) {
    lua_pop(S->L, 1);
    return;
  }
  lua_getinfo(S->L, ">S", &info);
  if (info.linedefined > 0) S->called_line = info.linedefined;
}

/// Ends a call whose one result, or error, is on the stack's top.
static int32_t end(stella_lua *S, int status) {
  lua_State *L = S->L;
  S->in_call = false;
  S->event = S->slot = -1;
  S->last_steps = S->budget - S->steps_left;
  S->total_steps += S->last_steps;
  S->calls++;
  S->call_steps += S->last_steps;
  if (S->last_steps > S->peak_steps) S->peak_steps = S->last_steps;
  if (status != LUA_OK || S->killed) {
    note_called_line(S);
    stella_record_failure(S, status);
    lua_settop(L, SLOT_BASE);
    // Also lets Lua give back a stack that grew to the limit.
    if (S->failure_kind == STELLA_LUA_KIND_MEMORY || S->used > S->collect_at) stella_collect(S);
    return STELLA_LUA_FAILED;
  }
  S->has_result = !lua_isnil(L, -1);
  if (S->has_result) lua_replace(L, SLOT_RESULT);
  lua_settop(L, SLOT_BASE);
  if (S->used > S->collect_at) stella_collect(S);
  return S->has_result ? STELLA_LUA_VALUE : STELLA_LUA_NOTHING;
}

static int32_t call_pushed(stella_lua *S, int arguments) {
  return end(S, lua_pcall(S->L, arguments, 1, SLOT_HANDLER));
}

int32_t stella_lua_call_hot(stella_lua *S, int32_t function, int64_t event, int64_t slot) {
  if (!begin(S, S->limits.steps_per_call, S->limits.deadline_ns)) return refuse_entry(S);
  if (_setjmp(S->panic)) return lose(S);
  lua_State *L = S->L;
  S->event = event;
  S->slot = slot;
  S->called_function = function;
  lua_rawgeti(L, SLOT_FUNCTIONS, function);
  lua_pushvalue(L, SLOT_RECORD);
  lua_pushvalue(L, SLOT_STATE);
  return call_pushed(S, 2);
}

int32_t stella_lua_call_check(stella_lua *S, int32_t function, int64_t slot, int64_t time) {
  if (!begin(S, S->limits.steps_per_call, S->limits.deadline_ns)) return refuse_entry(S);
  if (_setjmp(S->panic)) return lose(S);
  lua_State *L = S->L;
  S->slot = slot;
  S->called_function = function;
  lua_rawgeti(L, SLOT_FUNCTIONS, function);
  lua_pushvalue(L, SLOT_STATE);
  lua_pushinteger(L, time);
  return call_pushed(S, 2);
}

/// Runs `function` with a request and the last result in a protected call.
static int32_t run(stella_lua *S, lua_CFunction function, request *request, int64_t steps, int64_t deadline_ns) {
  if (!begin(S, steps, deadline_ns)) return refuse_entry(S);
  if (_setjmp(S->panic)) return lose(S);
  lua_pushcfunction(S->L, function);
  lua_pushlightuserdata(S->L, request);
  lua_pushvalue(S->L, SLOT_RESULT);
  return call_pushed(S, 2);
}

int32_t stella_run_for_host(stella_lua *S, lua_CFunction function, request *request) {
  int64_t last = S->last_steps, total = S->total_steps;
  int64_t calls = S->calls, call_steps = S->call_steps, peak_steps = S->peak_steps;
  int32_t status = run(S, function, request, S->limits.steps_at_load, S->limits.deadline_ns * LOAD_DEADLINES);
  S->last_steps = last;
  S->total_steps = total;
  S->calls = calls;
  S->call_steps = call_steps;
  S->peak_steps = peak_steps;
  S->has_result = false;
  return status;
}

static int do_call(lua_State *L) {
  stella_lua *S = stella_of(L);
  const request *R = request_of(L);
  luaL_checkstack(L, R->count + 4, "too many arguments");
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_FUNCTIONS);
  lua_rawgeti(L, -1, R->function);
  const uint8_t *at = R->bytes;
  for (int32_t i = 0; i < R->count; i++) at = stella_push_encoded(L, S, at, R->bytes + R->length, 0);
  lua_call(L, R->count, 1);
  return 1;
}

int32_t stella_lua_call(stella_lua *S, int32_t function, const uint8_t *arguments, size_t length, int32_t count,
                        int64_t event, int64_t slot) {
  request R = {.bytes = arguments, .length = length, .function = function, .count = count};
  if (!S->in_call) {
    S->event = event;
    S->slot = slot;
    S->called_function = function;
  }
  return run(S, do_call, &R, S->limits.steps_per_call, S->limits.deadline_ns);
}

static int fail_load(lua_State *L, stella_lua *S, const char *text, int line) {
  lua_pushfstring(L, "%s:%d: %s", S->chunk_name, line, text);
  return lua_error(L);
}

static int do_load(lua_State *L) {
  stella_lua *S = stella_of(L);
  const request *R = request_of(L);
  const char *source = (const char *)R->bytes;
  size_t length = R->length;
  if (length >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0) source += 3, length -= 3;
  if (length > S->limits.source_bytes) {
    char text[64];
    snprintf(text, sizeof text, "the script has more than %u bytes", S->limits.source_bytes);
    return fail_load(L, S, text, 1);
  }
  S->source_length = (uint32_t)length;
  int line = 1;
  if (length > 0 && source[0] == LUA_SIGNATURE[0]) return fail_load(L, S, "only source text can be loaded", 1);
  const char *refusal = stella_refusal(source, length, &line);
  if (refusal) return fail_load(L, S, refusal, line);
  stella_charge(L, S, (int64_t)length / 4);
  lua_pushfstring(L, "=%s", S->chunk_name);
  if (luaL_loadbufferx(L, source, length, lua_tostring(L, -1), "t") != LUA_OK) return lua_error(L);
  S->compiling = false;
  lua_call(L, 0, 1);
  return 1;
}

int32_t stella_lua_load(stella_lua *S, const uint8_t *source, size_t length, const char *name) {
  if (S->lost || S->in_call) return refuse_entry(S);
  request R = {.bytes = source, .length = length};
  // Lua cuts a chunk's name at 59 bytes; keep its end, which tells files apart.
  enum { NAME_BYTES = 56 };
  size_t bytes = strlen(name);
  char *copy = malloc(NAME_BYTES + 1);
  if (!copy) return lose(S);
  snprintf(copy, NAME_BYTES + 1, "%s%s", bytes > NAME_BYTES ? "..." : "",
           bytes > NAME_BYTES ? name + bytes - (NAME_BYTES - 3) : name);
  free(S->chunk_name);
  S->chunk_name = copy;
  S->compiling = true;
  S->called_function = 0;
  int32_t status = run(S, do_load, &R, S->limits.steps_at_load, S->limits.deadline_ns * LOAD_DEADLINES);
  S->compiling = false;
  S->calls = S->call_steps = S->peak_steps = 0;
  S->functions_allowed = status == STELLA_LUA_VALUE;
  return status;
}

void stella_lua_bind(stella_lua *S, const stella_value *cells, int64_t stride) {
  S->cells = cells;
  S->stride = stride;
  S->generation++;
}

static int do_encode(lua_State *L) {
  stella_lua *S = stella_of(L);
  S->output_length = 0;
  stella_encode(L, S, 2, 0, ENCODE_OBJECTS | (request_of(L)->count ? ENCODE_FUNCTIONS : 0));
  return 0;
}

int32_t stella_lua_take_result(stella_lua *S, stella_lua_answer *answer) {
  *answer = (stella_lua_answer){NULL, 0};
  if (S->lost || S->in_call || !S->has_result) return STELLA_LUA_NOTHING;
  request R = {.count = S->functions_allowed};  // functions get references only in the result of a load
  int32_t status = stella_run_for_host(S, do_encode, &R);
  S->functions_allowed = false;
  if (S->lost) return STELLA_LUA_FAILED;
  lua_pushnil(S->L);
  lua_replace(S->L, SLOT_RESULT);
  if (R.count) stella_collect(S);  // what only the load needed
  if (status == STELLA_LUA_FAILED) return status;
  *answer = (stella_lua_answer){S->output, S->output_length};
  return STELLA_LUA_VALUE;
}

stella_lua_failure stella_lua_failure_of(const stella_lua *S) {
  const char *text = S->failure_text ? S->failure_text : "";
  return (stella_lua_failure){S->failure_kind, S->failure_line, text, S->failure_text ? S->message_length : 0,
                              S->failure_text ? text + MESSAGE_BYTES : text,
                              S->failure_text ? S->traceback_length : 0};
}

int32_t stella_lua_calling_line(const stella_lua *S) {
  lua_Debug caller;
  if (S->lost || !S->in_call || !lua_getstack(S->L, 1, &caller) || !lua_getinfo(S->L, "l", &caller)) return 0;
  return caller.currentline > 0 ? caller.currentline : 0;
}

stella_lua_usage stella_lua_usage_of(const stella_lua *S) {
  stella_lua_usage usage = {S->last_steps, S->total_steps, S->used, S->peak, S->collections,
                            S->calls,      S->call_steps,  S->peak_steps, {0}};
  memcpy(usage.failures, S->failures, sizeof usage.failures);
  return usage;
}

static int do_open(lua_State *L) {
  // Lua makes these two texts when memory or stack has run out; they must exist by then.
  lua_pushliteral(L, "error in error handling");
  lua_rawseti(L, LUA_REGISTRYINDEX, REGISTRY_STATE + 1);
  lua_pushliteral(L, "C stack overflow");
  lua_rawseti(L, LUA_REGISTRYINDEX, REGISTRY_STATE + 2);
  stella_open_key_state(L);
  stella_open_record(L);
  stella_open_base(L);
  stella_open_strings(L);
  stella_open_tables(L);
  stella_open_math(L);
  stella_open_library(L);
  return 0;
}

static void free_memory(stella_lua *S) {
  free(S->output);
  free(S->trace);
  free(S->failure_text);
  free(S->chunk_name);
  free(S);
}

stella_lua *stella_lua_open(const stella_lua_limits *limits, const stella_lua_host *host, const uint8_t *library,
                            size_t library_length) {
  stella_lua *S = calloc(1, sizeof *S);
  if (!S) return NULL;
  S->limits = *limits;
  S->host = *host;
  S->library = library;
  S->library_length = library_length;
  S->event = S->slot = -1;
  S->steps_left = S->traffic_left = INT64_MAX;
  lua_State *L = lua_newstate(stella_allocate, S);
  if (!L) {
    free_memory(S);
    return NULL;
  }
  *(stella_lua **)lua_getextraspace(L) = S;
  S->L = L;
  lua_atpanic(L, panicked);
  lua_gc(L, LUA_GCSTOP);  // collections run at fixed points only
  bool opened = false;
  if (!_setjmp(S->panic)) {
    lua_settop(L, 0);
    lua_pushcfunction(L, stella_on_error);
    lua_pushcfunction(L, do_open);
    opened = lua_pcall(L, 0, 0, SLOT_HANDLER) == LUA_OK;
  }
  if (!opened) {
    stella_lua_close(S);
    return NULL;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_RECORD);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_STATE);
  lua_rawgeti(L, LUA_REGISTRYINDEX, REGISTRY_FUNCTIONS);
  lua_pushnil(L);
  stella_collect(S);
  return S;
}

/// No value has a finalizer, so closing runs no script.
void stella_lua_close(stella_lua *S) {
  if (!S->lost) {
    if (S->buffer) stella_allocate(S, S->buffer, S->buffer_capacity, 0);
    lua_close(S->L);
  }
  free_memory(S);
}
