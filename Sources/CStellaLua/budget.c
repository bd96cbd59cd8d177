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
  SLOW_DIVISION = 10,
};

static int64_t now_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
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

void *stella_allocate(void *state, void *block, size_t old, size_t size) {
  stella_lua *S = state;
  size_t before = block ? old : 0;
  if (size == 0) {
    S->used -= before;
    free(block);
    return NULL;
  }
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
  void *moved = realloc(block, size);
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

/// The backstop. Only the time that this thread really ran counts, so that a busy machine does not change what a rule
/// finds; but asking for that costs a system call, so the wall clock, which is never behind, is asked first.
void stella_check_deadline(lua_State *L, stella_lua *S) {
  int64_t now = S->looked_ns = now_ns(CLOCK_MONOTONIC);
  if (S->started_ns == 0) {
    S->started_ns = now;
    return;
  }
  int64_t passed = now - S->started_ns;
  if (passed < S->deadline_ns / 4) return;
  int64_t ran = now_ns(CLOCK_THREAD_CPUTIME_ID);
  if (S->ran_mark_ns == 0) S->ran_mark_ns = ran;
  if (ran - S->ran_mark_ns >= S->deadline_ns / 4 * 3) stella_kill(L, STELLA_LUA_KIND_DEADLINE);
}

/// When instructions turn out slow (comparing long strings, walking chains), the hook looks at the clock ten times as
/// often, but still charges at the same instructions as ever.
static void look_closer(stella_lua *S) {
  if (S->hook_division > 1 || S->limits.hook_interval < SLOW_DIVISION) return;
  S->hook_division = SLOW_DIVISION;
  S->hook_phase = 0;
  lua_sethook(S->L, stella_hook, LUA_MASKCOUNT, S->limits.hook_interval / SLOW_DIVISION);
}

void stella_hook(lua_State *L, lua_Debug *activation) {
  (void)activation;
  stella_lua *S = stella_of(L);
  if (S->killed) raise_kill(L);
  if (++S->hook_phase >= S->hook_division) {
    S->hook_phase = 0;
    stella_charge(L, S, S->limits.hook_interval);
    if (S->used > S->collect_at) stella_collect(S);
  }
  if (S->traffic_left < 0) stella_kill(L, STELLA_LUA_KIND_MEMORY);
  int64_t looked = S->looked_ns;
  stella_check_deadline(L, S);
  if (looked && S->looked_ns - looked > SLOW_NS) look_closer(S);
}

void stella_enter_callback(lua_State *L, stella_lua *S) {
  if (S->nesting >= S->limits.nesting) luaL_error(L, "callbacks are nested deeper than %d", (int)S->limits.nesting);
  S->nesting++;
}
