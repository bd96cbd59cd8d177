#include <float.h>
#include <limits.h>
#include <math.h>

#include "sandbox.h"

// math without random: a rule that rolls dice can't be replayed.

static void push_rounded(lua_State *L, double value) {
  lua_Integer integer;
  if (lua_numbertointeger(value, &integer)) lua_pushinteger(L, integer);
  else lua_pushnumber(L, value);
}

static int math_abs(lua_State *L) {
  if (lua_isinteger(L, 1)) {
    lua_Integer n = lua_tointeger(L, 1);
    lua_pushinteger(L, n < 0 ? (lua_Integer)(0u - (lua_Unsigned)n) : n);
  } else {
    lua_pushnumber(L, fabs(luaL_checknumber(L, 1)));
  }
  return 1;
}

static int round_with(lua_State *L, double (*function)(double)) {
  if (lua_isinteger(L, 1)) lua_settop(L, 1);
  else push_rounded(L, function(luaL_checknumber(L, 1)));
  return 1;
}
static int math_floor(lua_State *L) { return round_with(L, floor); }
static int math_ceil(lua_State *L) { return round_with(L, ceil); }

static int extreme(lua_State *L, bool largest) {
  int count = lua_gettop(L), best = 1;
  luaL_argcheck(L, count >= 1, 1, "value expected");
  for (int i = 1; i <= count; i++) {
    luaL_checknumber(L, i);
    if (i > 1 && (largest ? lua_compare(L, best, i, LUA_OPLT) : lua_compare(L, i, best, LUA_OPLT))) best = i;
  }
  lua_pushvalue(L, best);
  return 1;
}
static int math_max(lua_State *L) { return extreme(L, true); }
static int math_min(lua_State *L) { return extreme(L, false); }

static int math_fmod(lua_State *L) {
  if (lua_isinteger(L, 1) && lua_isinteger(L, 2)) {
    lua_Integer divisor = lua_tointeger(L, 2);
    if ((lua_Unsigned)divisor + 1u <= 1u) {  // 0 or -1
      luaL_argcheck(L, divisor != 0, 2, "zero");
      lua_pushinteger(L, 0);
    } else {
      lua_pushinteger(L, lua_tointeger(L, 1) % divisor);
    }
  } else {
    lua_pushnumber(L, fmod(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));
  }
  return 1;
}

static int math_modf(lua_State *L) {
  double value = luaL_checknumber(L, 1), whole = value < 0 ? ceil(value) : floor(value);
  lua_pushnumber(L, whole);
  lua_pushnumber(L, value == whole ? 0.0 : value - whole);
  return 2;
}

static int math_tointeger(lua_State *L) {
  int converted;
  lua_Integer value = lua_tointegerx(L, 1, &converted);
  luaL_checkany(L, 1);
  if (converted) lua_pushinteger(L, value);
  else lua_pushnil(L);
  return 1;
}

static int math_type(lua_State *L) {
  luaL_checkany(L, 1);
  if (lua_type(L, 1) != LUA_TNUMBER) lua_pushnil(L);
  else lua_pushstring(L, lua_isinteger(L, 1) ? "integer" : "float");
  return 1;
}

static int math_ult(lua_State *L) {
  lua_pushboolean(L, (lua_Unsigned)luaL_checkinteger(L, 1) < (lua_Unsigned)luaL_checkinteger(L, 2));
  return 1;
}

static int math_log(lua_State *L) {
  double value = luaL_checknumber(L, 1);
  if (lua_isnoneornil(L, 2)) {
    lua_pushnumber(L, log(value));
  } else {
    double base = luaL_checknumber(L, 2);
    lua_pushnumber(L, base == 2 ? log2(value) : base == 10 ? log10(value) : log(value) / log(base));
  }
  return 1;
}

static int math_atan(lua_State *L) {
  lua_pushnumber(L, atan2(luaL_checknumber(L, 1), luaL_optnumber(L, 2, 1)));
  return 1;
}

static int apply(lua_State *L, double (*function)(double)) {
  lua_pushnumber(L, function(luaL_checknumber(L, 1)));
  return 1;
}
static int math_sqrt(lua_State *L) { return apply(L, sqrt); }
static int math_exp(lua_State *L) { return apply(L, exp); }
static int math_sin(lua_State *L) { return apply(L, sin); }
static int math_cos(lua_State *L) { return apply(L, cos); }
static int math_tan(lua_State *L) { return apply(L, tan); }
static int math_asin(lua_State *L) { return apply(L, asin); }
static int math_acos(lua_State *L) { return apply(L, acos); }

void stella_open_math(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"abs", math_abs},     {"acos", math_acos}, {"asin", math_asin}, {"atan", math_atan}, {"ceil", math_ceil},
      {"cos", math_cos},     {"exp", math_exp},   {"floor", math_floor}, {"fmod", math_fmod}, {"log", math_log},
      {"max", math_max},     {"min", math_min},   {"modf", math_modf}, {"sin", math_sin},   {"sqrt", math_sqrt},
      {"tan", math_tan},     {"tointeger", math_tointeger}, {"type", math_type}, {"ult", math_ult}, {NULL, NULL}};
  lua_createtable(L, 0, 23);
  stella_register(L, functions);
  lua_pushnumber(L, 3.141592653589793238462643383279502884);
  lua_setfield(L, -2, "pi");
  lua_pushnumber(L, HUGE_VAL);
  lua_setfield(L, -2, "huge");
  lua_pushinteger(L, LUA_MAXINTEGER);
  lua_setfield(L, -2, "maxinteger");
  lua_pushinteger(L, LUA_MININTEGER);
  lua_setfield(L, -2, "mininteger");
  lua_setglobal(L, "math");
}
