#include <stdlib.h>
#include <time.h>

#include "sandbox.h"

// Steps are a pure function of script, arguments and visible state, so that replay repeats every budget kill. Hence
// only what does not depend on Lua's hash seed or on earlier collections is charged in steps: the count hook, the
// library's own charges, and allocations of tables, closures and long strings. Short strings are interned (whether one
// is allocated depends on the last collection) and the hash parts of tables depend on the seed; moving those is
// bounded by `traffic`, whose kill counts as a memory kill.

enum {
  OBJECT_STEPS = 8,
  SHORT_STRING_BLOCK = 72,  // a Lua string of up to 40 bytes fits
  BYTES_PER_STEP = 32,
  STRING_HEADER = 64,  // allowance above string_bytes
  COLLECT_AFTER = 24 * 1024,
  SLOW_NS = 500 * 1000,
  CLOSE_DIVISION = 10,
  SLOW_STEP_NS = 100,    // ten times an ordinary step
  SLOW_SHARE = 5,        // of the deadline, for calls whose steps are slow
  LARGE_STRING = 4096,   // bytes from which one instruction on it may take longer than a hundred others
  LARGE_STRING_SHIFT = 8,
};

/// Large strings lie 8 bytes behind the 16 at which `malloc` aligns, so that `free`, which is told no type, knows them.
static bool is_large_string(const void *block) { return ((uintptr_t)block & 15) == LARGE_STRING_SHIFT; }

static int64_t now_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

stella_moment stella_now(void) {
  return (stella_moment){now_ns(CLOCK_MONOTONIC), now_ns(CLOCK_THREAD_CPUTIME_ID)};
}

void stella_leave_out(stella_lua *S, stella_moment before) {
  stella_moment now = stella_now();
  // Marks that are not set yet will be set later than this.
  if (S->started_ns != 0) S->started_ns += now.wall_ns - before.wall_ns;
  if (S->ran_mark_ns != 0) S->ran_mark_ns += now.ran_ns - before.ran_ns;
}

/// Makes the kill permanent for this call: from now on every instruction raises again.
static void arm_kill(stella_lua *S, int32_t kind) {
  if (!S->killed) S->killed = kind;
  lua_sethook(S->L, stella_hook, LUA_MASKCOUNT, 1);
}

static _Noreturn void raise_kill(lua_State *L) {
  lua_pushlightuserdata(L, &stella_of(L)->killed);
  lua_error(L);
  abort();
}

void stella_kill(lua_State *L, int32_t kind) {
  stella_lua *S = stella_of(L);
  if (!S->killed) {
    arm_kill(S, kind);
    stella_locate(L, S, true);
  }
  raise_kill(L);
}

static void *deny(stella_lua *S) {
  // Lua answers a refusal with a full collection and asks again. That walk is paid here.
  S->traffic_left -= (int64_t)S->used;
  if (S->L && S->in_call && !S->killed) stella_locate(S->L, S, false);
  return NULL;
}

/// An instruction that compares large strings takes up to 0.5 ms (Lua calls `strcoll` once per zero byte), and a hundred
/// of them lie between two hooks. So while such a string is alive the hook looks at the clock more often. The first one
/// of a call sets the hook's counter back whether it was near already or not, so that the steps are always the same.
static void watch_large_string(stella_lua *S) {
  if (!S->in_call || S->killed || S->large_string_seen) return;
  S->large_string_seen = true;
  stella_arm_hook(S, true);
}

static void *allocate_large_string(stella_lua *S, size_t size) {
  char *block = malloc(size + LARGE_STRING_SHIFT);
  if (!block) return NULL;
  S->large_strings++;
  watch_large_string(S);
  return block + LARGE_STRING_SHIFT;
}

static void *release(stella_lua *S, void *block, size_t size) {
  S->used -= size;
  if (is_large_string(block)) {
    S->large_strings--;
    block = (char *)block - LARGE_STRING_SHIFT;
  }
  free(block);
  return NULL;
}

void *stella_allocate(void *state, void *block, size_t old, size_t size) {
  stella_lua *S = state;
  size_t before = block ? old : 0;
  if (size == 0) return release(S, block, before);
  if (size > before) {
    if (S->used + (size - before) > S->limits.memory_bytes) return deny(S);
    if (!block && old == LUA_TSTRING) {
      if (size > S->limits.string_bytes + (size_t)STRING_HEADER) {
        S->string_denied = true;
        return deny(S);
      }
      if (size > SHORT_STRING_BLOCK) S->steps_left -= (int64_t)(size / BYTES_PER_STEP);
    } else if (!block && old >= LUA_TTABLE && old <= LUA_TUSERDATA) {
      S->steps_left -= OBJECT_STEPS + (int64_t)(size / BYTES_PER_STEP);
    } else {
      S->traffic_left -= (int64_t)size;
    }
    if ((S->steps_left < 0 || S->traffic_left < 0) && S->in_call && !S->killed) {
      arm_kill(S, S->steps_left < 0 ? STELLA_LUA_KIND_BUDGET : STELLA_LUA_KIND_MEMORY);
      stella_locate(S->L, S, false);
    }
  }
  // Lua never moves a string.
  bool is_large = !block && old == LUA_TSTRING && size >= LARGE_STRING;
  void *moved = is_large ? allocate_large_string(S, size) : realloc(block, size);
  if (!moved) return size <= before ? block : NULL;  // Lua relies on shrinking to succeed
  S->used = S->used - before + size;
  if (S->used > S->peak) S->peak = S->used;
  return moved;
}

/// A full collection at a fixed point. The next one is due when the heap has doubled, or is half way to its cap.
void stella_collect(stella_lua *S) {
  S->traffic_left -= (int64_t)S->used;
  lua_gc(S->L, LUA_GCCOLLECT);
  S->collections++;
  size_t room = S->limits.memory_bytes > S->used ? (S->limits.memory_bytes - S->used) / 2 : 0;
  size_t wanted = S->used > COLLECT_AFTER ? S->used : COLLECT_AFTER;
  S->collect_at = S->used + (wanted < room ? wanted : room);
  if (S->collect_at < S->used + COLLECT_AFTER / 4) S->collect_at = S->used + COLLECT_AFTER / 4;
}

/// Memory of the state's own, counted like Lua's: collects once before it gives up, and then kills.
void *stella_grow(lua_State *L, stella_lua *S, void *block, size_t old, size_t size) {
  void *grown = stella_allocate(S, block, old, size);
  if (grown) return grown;
  lua_gc(L, LUA_GCCOLLECT);
  grown = stella_allocate(S, block, old, size);
  if (!grown) stella_kill(L, STELLA_LUA_KIND_MEMORY);
  return grown;
}

/// Gives the hook its interval, from now on: a tenth of the ordinary one when it shall watch closely. It charges at the
/// same instructions either way.
void stella_arm_hook(stella_lua *S, bool closely) {
  int32_t interval = S->limits.hook_interval;
  S->hook_division = closely && interval >= CLOSE_DIVISION ? CLOSE_DIVISION : 1;
  S->hook_phase = 0;
  int mask = S->line_bits ? LUA_MASKCOUNT | LUA_MASKLINE : LUA_MASKCOUNT;
  lua_sethook(S->L, stella_hook, mask, interval / S->hook_division);
}

void stella_lua_trace_lines(stella_lua *S, uint64_t *bits, int32_t count) {
  S->line_bits = bits;
  S->line_count = bits ? count : 0;
}

static void mark_time(stella_lua *S, int64_t ran) {
  S->ran_mark_ns = ran;
  S->steps_mark = S->steps_left;
}

int64_t stella_slow_limit_ns(const stella_lua *S) { return S->limits.deadline_ns / SLOW_SHARE; }

/// The backstop. Only the time that this thread really ran counts, so that a busy machine does not change what a rule
/// finds; but asking for that costs a system call, so the wall clock, which is never behind, is asked first. A call
/// whose steps take far longer than steps do gets a fifth of the time: what is slow about it is not in its budget.
void stella_check_deadline(lua_State *L, stella_lua *S) {
  int64_t now = now_ns(CLOCK_MONOTONIC);
  if (S->started_ns == 0) {
    S->started_ns = now;
    mark_time(S, S->hook_division > 1 ? now_ns(CLOCK_THREAD_CPUTIME_ID) : 0);
    return;
  }
  int64_t passed = now - S->started_ns, slow_limit = stella_slow_limit_ns(S);
  bool seems_slow = passed > (S->steps_mark - S->steps_left) * SLOW_STEP_NS && passed >= slow_limit / 4;
  if (passed < S->deadline_ns / 4 && !seems_slow) return;
  int64_t ran = now_ns(CLOCK_THREAD_CPUTIME_ID);
  if (S->ran_mark_ns == 0) mark_time(S, ran);
  ran -= S->ran_mark_ns;
  bool is_slow = ran > SLOW_NS && ran > (S->steps_mark - S->steps_left) * SLOW_STEP_NS;
  if (is_slow) S->watch_closely = true;
  S->is_slow = is_slow && ran >= slow_limit;
  if (S->is_slow || ran >= S->deadline_ns / 4 * 3) stella_kill(L, STELLA_LUA_KIND_DEADLINE);
}

void stella_hook(lua_State *L, lua_Debug *activation) {
  stella_lua *S = stella_of(L);
  if (activation->event == LUA_HOOKLINE) {
    int line = activation->currentline;
    if (line > 0 && line < S->line_count) S->line_bits[line >> 6] |= UINT64_C(1) << (line & 63);
    if (S->trace) stella_trace_line(L, S, activation);
    return;
  }
  if (S->killed) raise_kill(L);
  if (++S->hook_phase >= S->hook_division) {
    S->hook_phase = 0;
    stella_charge(L, S, S->limits.hook_interval);
    if (S->used > S->collect_at) stella_collect(S);
  }
  if (S->traffic_left < 0) stella_kill(L, STELLA_LUA_KIND_MEMORY);
  stella_check_deadline(L, S);
  // At a division of one, every firing is one that charges.
  if (S->watch_closely && S->hook_division == 1) stella_arm_hook(S, true);
}

void stella_enter_callback(lua_State *L, stella_lua *S) {
  if (S->nesting >= S->limits.nesting) luaL_error(L, "callbacks are nested deeper than %d", (int)S->limits.nesting);
  S->nesting++;
}
