#ifndef STELLA_LUA_H
#define STELLA_LUA_H

#include <stddef.h>
#include <stdint.h>

#include "stella_value.h"

/// One sandboxed Lua state. Confined to one thread at a time. Lua errors are longjmp: every one of them is raised and
/// caught inside this module, and no callback of `stella_lua_host` ever has one pass through its frame.
typedef struct stella_lua stella_lua;

/// What one state may use. Bytes, steps (about one VM instruction each) and nanoseconds.
typedef struct stella_lua_limits {
  uint64_t memory_bytes;
  int64_t steps_per_call;
  int64_t steps_at_load;
  int64_t deadline_ns;
  int32_t hook_interval;
  uint32_t source_bytes;
  uint32_t string_bytes;
  uint32_t values;
  uint32_t nesting;
} stella_lua_limits;

/// What a host callback answers with: on success one encoded value, on failure a UTF-8 message. The bytes must stay
/// valid until the next callback of the same state or until the call into Lua returns.
typedef struct stella_lua_answer {
  const uint8_t *bytes;
  size_t length;
} stella_lua_answer;

/// What a host callback says about its answer.
enum {
  STELLA_LUA_SCALAR = 0,   ///< the `result` cell holds it (nothing, for callbacks without one)
  STELLA_LUA_ENCODED = 1,  ///< `answer` holds one encoded value
  STELLA_LUA_REFUSED = 2,  ///< `answer` holds a message; Lua sees an error at the calling line
};

/// The callbacks into the host. They must return normally; `context` is passed through.
typedef struct stella_lua_host {
  void *context;
  /// The column of a field in the bound cells, or -1 when it must be asked for with `fetch` in this batch.
  int32_t (*column)(void *context, const uint8_t *name, size_t length);
  /// Fills in one field of one event.
  void (*fetch)(void *context, const uint8_t *name, size_t length, int64_t event, stella_value *result);
  /// Turns the JSON text of an ARRAY or OBJECT cell into an encoded value.
  int32_t (*decode)(void *context, const stella_value *cell, stella_lua_answer *answer);
  /// A method of a native object.
  int32_t (*call)(void *context, int32_t type, int32_t handle, int64_t slot, int32_t method,
                  const stella_value *arguments, int32_t count, stella_value *result, stella_lua_answer *answer);
  /// A host function; the arguments are `count` encoded values.
  int32_t (*function)(void *context, int32_t index, const uint8_t *arguments, size_t length, int32_t count,
                      stella_lua_answer *answer);
} stella_lua_host;

/// The encoding of values that cross between Lua and the host, little endian, without padding:
/// integer and double 8 bytes; string u32 length + bytes; table u32 count of 1..n, u32 count of other integer keys,
/// u32 count of string keys, then the values of 1..n, (i64 key, value) pairs, (string, value) pairs in no order;
/// function i32 reference, i32 line; handle i32 type, i32 id; tagged u32 constructor, then a table without its tag.
enum {
  STELLA_LUA_NIL = 0,
  STELLA_LUA_NULL = 1,
  STELLA_LUA_FALSE = 2,
  STELLA_LUA_TRUE = 3,
  STELLA_LUA_INTEGER = 4,
  STELLA_LUA_DOUBLE = 5,
  STELLA_LUA_STRING = 6,
  STELLA_LUA_TABLE = 7,
  STELLA_LUA_FUNCTION = 8,
  STELLA_LUA_RECORD = 9,
  STELLA_LUA_HANDLE = 10,
  STELLA_LUA_TAGGED = 11,
  STELLA_LUA_STATE = 12,
};

/// How a call ended.
enum {
  STELLA_LUA_NOTHING = 0,  ///< it returned nil or nothing
  STELLA_LUA_VALUE = 1,    ///< it returned a value: `stella_lua_take_result`
  STELLA_LUA_FAILED = 2,   ///< it failed: `stella_lua_failure_of`
};

/// Why a call failed.
enum {
  STELLA_LUA_KIND_NONE = 0,
  STELLA_LUA_KIND_LOAD = 1,
  STELLA_LUA_KIND_RUNTIME = 2,
  STELLA_LUA_KIND_BUDGET = 3,
  STELLA_LUA_KIND_MEMORY = 4,
  STELLA_LUA_KIND_DEADLINE = 5,
  STELLA_LUA_KIND_INTERNAL = 6,
};

/// The failure of the last call, valid until the next one.
typedef struct stella_lua_failure {
  int32_t kind;
  int32_t line;  ///< in the script, 0 when unknown
  const char *message;
  size_t length;
  const char *traceback;  ///< one line per script frame, innermost first
  size_t traceback_length;
} stella_lua_failure;

typedef struct stella_lua_usage {
  int64_t last_steps;
  int64_t total_steps;
  uint64_t memory_bytes;
  uint64_t peak_memory_bytes;
  int64_t collections;
  /// Of calls of the script's functions since it was loaded: how many, their steps together, and those of the longest.
  int64_t calls, call_steps, peak_steps;
  /// Failed calls by kind; the index is the kind.
  int64_t failures[7];
} stella_lua_usage;

/// A new state with the sandboxed library and the names of `library`, or NULL when memory is short.
/// `library` is a sequence of entries: 'c' (constructor) or 'f' (host function), dotted name, NUL; or 'p' (host
/// function with a price), the same, then the steps that a call takes besides as digits, NUL; or 'h' (type of
/// native objects), name, NUL, then each method name and NUL, then one NUL; or 'w', the same for a type whose methods
/// wait for something outside: they need no key, and their time is not the call's. Positions count per kind from 0,
/// those of both types together. It is not copied and must outlive the state.
stella_lua *stella_lua_open(const stella_lua_limits *limits, const stella_lua_host *host, const uint8_t *library,
                            size_t library_length);
void stella_lua_close(stella_lua *state);

/// Runs a chunk of source text. On STELLA_LUA_VALUE its functions stay callable through their references.
int32_t stella_lua_load(stella_lua *state, const uint8_t *source, size_t length, const char *name);

/// Binds the cells of a batch: field `column` of event `event` is `cells[column * stride + event]`.
void stella_lua_bind(stella_lua *state, const stella_value *cells, int64_t stride);

/// Calls function(e, s). Allocates nothing outside the Lua heap.
int32_t stella_lua_call_hot(stella_lua *state, int32_t function, int64_t event, int64_t slot);
/// Calls function(s, time).
int32_t stella_lua_call_check(stella_lua *state, int32_t function, int64_t slot, int64_t time);
/// Calls function with `count` encoded values. STELLA_LUA_RECORD stands for the event, STELLA_LUA_STATE for the state.
int32_t stella_lua_call(stella_lua *state, int32_t function, const uint8_t *arguments, size_t length, int32_t count,
                        int64_t event, int64_t slot);

/// From the next call on sets the bit of each line that runs, below `count`, in `bits`, which has a bit for each of them and
/// must outlive the state or the next call of this. NULL ends it. Costs a call per line; steps are counted as without.
void stella_lua_trace_lines(stella_lua *state, uint64_t *bits, int32_t count);

/// From the next call on notes what variables hold at each line that runs, where lines are traced. 0 without memory.
int32_t stella_lua_trace_values(stella_lua *state);
/// What was noted of the last call, valid until the next one: for each line that ran, in order, an i32 line, a u8 count, and
/// as many values: a u8 length, that many bytes of a name, and a plain value in the encoding below, texts cut at 64 bytes.
/// Of a long call the end alone.
stella_lua_answer stella_lua_trace_of(const stella_lua *state);

/// Compiles source text, in a state of its own and without running it, to a chunk of Lua 5.4 with what it says of lines.
/// NULL for what is no program. The caller frees the `*compiled` bytes with free().
uint8_t *stella_lua_compile(const uint8_t *source, size_t length, size_t *compiled);

/// Encodes the result of the last call into memory of the state, valid until the next use of the state.
int32_t stella_lua_take_result(stella_lua *state, stella_lua_answer *answer);
stella_lua_failure stella_lua_failure_of(const stella_lua *state);
stella_lua_usage stella_lua_usage_of(const stella_lua *state);

/// During a callback: the line of the script that called, from 1; 0 when the caller is no function of the script.
int32_t stella_lua_calling_line(const stella_lua *state);

/// Declares `s.name` as a native object.
int32_t stella_lua_declare(stella_lua *state, const char *name, int32_t type, int32_t handle);
/// The plain values of one key: STELLA_LUA_NOTHING, or STELLA_LUA_VALUE with an encoded table.
int32_t stella_lua_save_key(stella_lua *state, int64_t slot, stella_lua_answer *answer);
int32_t stella_lua_restore_key(stella_lua *state, int64_t slot, const uint8_t *value, size_t length);
int32_t stella_lua_drop_key(stella_lua *state, int64_t slot);
/// Whether any key has plain values, as 1 or 0.
int32_t stella_lua_has_keys(stella_lua *state, int32_t *has_keys);

/// A number that changes when a variable of the script outside `s` changes: a global, a local that functions share, or
/// a table that one of them holds. O(values reachable).
int32_t stella_lua_fingerprint(stella_lua *state, uint64_t *fingerprint);

/// The dotted names of everything that a script can reach, one per line in no order, for the test of the allow-list.
int32_t stella_lua_list_names(stella_lua *state, stella_lua_answer *answer);

/// A differential test of the pattern functions against the stock Lua library, for the test-suite: runs `rounds`
/// random patterns and subjects from `seed` through find, match, gmatch and gsub of both.
typedef struct stella_lua_pattern_report {
  int64_t compared;   ///< function calls that both accepted and that agreed
  int64_t stricter;   ///< malformed patterns that only the sandbox rejected
  int64_t rejected;   ///< rejected by both
  int64_t different;  ///< anything else
  char example[512];  ///< the first difference
} stella_lua_pattern_report;
stella_lua_pattern_report stella_lua_compare_patterns(uint64_t seed, int64_t rounds);

#endif
