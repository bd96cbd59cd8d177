#ifndef STELLA_LUA_SANDBOX_H
#define STELLA_LUA_SANDBOX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // memmem
#endif

#include <lauxlib.h>
#include <lua.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "stella_lua.h"

/// Slots at the bottom of the state's stack, filled once.
enum { SLOT_HANDLER = 1, SLOT_RECORD, SLOT_STATE, SLOT_FUNCTIONS, SLOT_RESULT, SLOT_BASE = SLOT_RESULT };

/// Integer keys of the registry (1 and 2 are Lua's own).
enum {
  REGISTRY_KEYS = 3,      ///< slot + 1 -> table of plain values
  REGISTRY_HANDLES,       ///< declared name -> userdata
  REGISTRY_METATABLES,    ///< handle type + 1 -> metatable
  REGISTRY_TAGS,          ///< constructor + 1 -> metatable
  REGISTRY_ANCHORS,       ///< strings that must never be freed
  REGISTRY_FUNCTIONS,     ///< reference -> function
  REGISTRY_RECORD,
  REGISTRY_STATE,
};

/// What a userdata of ours is; the first word of each.
enum { USERDATA_RECORD = 1, USERDATA_STATE, USERDATA_HANDLE };

typedef struct stella_handle {
  int32_t kind, type, id;
} stella_handle;

/// Caches the column of a field name by the address of its (anchored, so unique) string.
typedef struct stella_field {
  const char *name;
  int32_t column;
  uint32_t generation;
} stella_field;
enum { FIELD_CACHE = 32, FIELD_CACHE_MOST = 24 };

enum { MESSAGE_BYTES = 1024, TRACEBACK_BYTES = 1024, TRACEBACK_FRAMES = 10 };

struct stella_lua {
  lua_State *L;
  stella_lua_limits limits;
  stella_lua_host host;
  const uint8_t *library;
  size_t library_length;

  size_t used, peak;
  size_t collect_at;  ///< heap size at which the next collection runs, at a hook or after a call
  int64_t budget, steps_left;
  int64_t traffic_left;  ///< bytes of table parts moved and heap walked by collections, per call
  int32_t killed;        ///< kind of the kill, sticky until the call is over
  bool string_denied;
  bool in_call, lost;
  bool compiling;          ///< a failure now is the compiler's
  bool functions_allowed;  ///< the result is a load's: its functions get references
  bool has_result;         ///< SLOT_RESULT holds the result of the last call
  int64_t deadline_ns, started_ns, ran_mark_ns;
  int64_t steps_mark;      ///< steps left at `ran_mark_ns`
  bool is_slow;            ///< the deadline was that of slow steps
  bool watch_closely;      ///< steps turned out slow
  bool large_string_seen;  ///< in this call
  uint32_t large_strings;  ///< alive, or not yet collected
  uint64_t *line_bits;     ///< one bit for each line that has run; NULL when nobody asks
  int32_t line_count;
  uint8_t *trace;  ///< what variables hold at each line of the last call; NULL when nobody asks
  size_t trace_length;
  int32_t hook_division, hook_phase;  ///< the hook charges at every `division`-th firing
  uint32_t nesting;

  const stella_value *cells;
  int64_t stride;
  int64_t event, slot;
  uint32_t generation;
  int32_t field_count;
  stella_field fields[FIELD_CACHE];

  int32_t function_count;
  int32_t called_function;
  uint32_t source_length;
  uint32_t string_count;

  char *buffer;  ///< strings being built, innermost last; from the capped allocator
  size_t buffer_length, buffer_capacity;
  uint8_t *output;  ///< the last encoded value, from malloc, bounded by the memory limit
  size_t output_length, output_capacity;

  int32_t failure_kind, failure_line;
  int32_t called_line;  ///< where the function that the host called last starts
  bool failure_located;
  char *failure_text;  ///< message, then traceback; allocated with the first failure
  size_t message_length, traceback_length;
  char *chunk_name;

  int64_t last_steps, total_steps, collections;
  int64_t calls, call_steps, peak_steps;  ///< of the functions of the script, since it was loaded
  int64_t failures[7];
  jmp_buf panic;
};

static inline stella_lua *stella_of(lua_State *L) { return *(stella_lua **)lua_getextraspace(L); }

// budget.c
void *stella_allocate(void *state, void *block, size_t old, size_t size);
void *stella_grow(lua_State *L, stella_lua *S, void *block, size_t old, size_t size);
void stella_hook(lua_State *L, lua_Debug *activation);
void stella_arm_hook(stella_lua *S, bool closely);
int64_t stella_slow_limit_ns(const stella_lua *S);
void stella_check_deadline(lua_State *L, stella_lua *S);
/// Wall clock and time that this thread ran.
typedef struct stella_moment {
  int64_t wall_ns, ran_ns;
} stella_moment;
stella_moment stella_now(void);
/// Takes what passed since `before` out of the time of the call: the script only waited.
void stella_leave_out(stella_lua *S, stella_moment before);
void stella_collect(stella_lua *S);
_Noreturn void stella_kill(lua_State *L, int32_t kind);
/// Takes `steps` from the budget of the call; doesn't return when it is used up.
static inline void stella_charge(lua_State *L, stella_lua *S, int64_t steps) {
  if ((S->steps_left -= steps) < 0) stella_kill(L, STELLA_LUA_KIND_BUDGET);
}
/// The charge for one walk over a table whose slots, empty ones included, can't be counted.
static inline int64_t stella_walk_charge(const stella_lua *S) {
  uint64_t steps = S->limits.memory_bytes / 2048;
  return steps < 32 ? 32 : steps > 256 ? 256 : (int64_t)steps;
}
void stella_enter_callback(lua_State *L, stella_lua *S);
static inline void stella_leave_callback(stella_lua *S) { S->nesting--; }

// trace.c
void stella_trace_line(lua_State *L, stella_lua *S, lua_Debug *activation);

// failure.c
int stella_on_error(lua_State *L);
void stella_locate(lua_State *L, stella_lua *S, bool with_traceback);
void stella_set_message(stella_lua *S, const char *text, size_t length);
void stella_record_failure(stella_lua *S, int status);

// buffer.c
void stella_buffer_add(lua_State *L, stella_lua *S, size_t start, const char *bytes, size_t length);
char *stella_buffer_reserve(lua_State *L, stella_lua *S, size_t start, size_t length);
void stella_buffer_push(lua_State *L, stella_lua *S, size_t start);

// value.c
/// What may be in an encoded value beside plain values: functions get references, objects of the host are named.
enum { ENCODE_PLAIN = 0, ENCODE_FUNCTIONS = 1, ENCODE_OBJECTS = 2 };
void stella_encode(lua_State *L, stella_lua *S, int index, uint32_t depth, int allowed);
void stella_output_add(lua_State *L, stella_lua *S, const void *bytes, size_t length);
const uint8_t *stella_push_encoded(lua_State *L, stella_lua *S, const uint8_t *at, const uint8_t *end, uint32_t depth);
void stella_push_cell(lua_State *L, stella_lua *S, const stella_value *cell);
void stella_push_text(lua_State *L, stella_lua *S, const uint8_t *bytes, size_t length);

// base.c, pairs.c, strings.c, format.c, search.c, tables.c, sort.c, maths.c
void stella_open_base(lua_State *L);
void stella_open_strings(lua_State *L);
void stella_open_tables(lua_State *L);
void stella_open_math(lua_State *L);
extern const luaL_Reg stella_search_functions[];
int stella_pairs(lua_State *L);
int stella_next(lua_State *L);
int stella_format(lua_State *L);
int stella_sort(lua_State *L);
/// Pushes the text of a value without addresses and without calling anything.
const char *stella_push_tostring(lua_State *L, int index, size_t *length);
const char *stella_type_name(lua_State *L, int index);
void stella_register(lua_State *L, const luaL_Reg *functions);

// record.c, key_state.c, native.c
void stella_open_record(lua_State *L);
void stella_open_key_state(lua_State *L);
void stella_open_library(lua_State *L);
void stella_make_all_globals(lua_State *L);
void stella_set_tag(lua_State *L, lua_Integer constructor);
void stella_push_handle_metatable(lua_State *L, int32_t type);
int32_t stella_userdata_kind(lua_State *L, int index);
int stella_raise_answer(lua_State *L, const stella_lua_answer *answer);

// fingerprint.c
/// The number of everything that the script's variables hold, for comparing one state with itself at two times.
uint64_t stella_fingerprint(lua_State *L);
bool stella_is_library_function(lua_CFunction function);

// source.c
/// NULL, or why the source text is refused before it is compiled; `line` is where.
const char *stella_refusal(const char *source, size_t length, int *line);

#endif
