#include <math.h>
#include <stdio.h>

#include "sandbox.h"

// string.format without %p (addresses) and %q. A width or a precision has at most two digits, so one conversion of a
// number is below NUMBER_BYTES.

enum { NUMBER_BYTES = 512, SPECIFICATION_BYTES = 32 };

typedef struct specification {
  char text[SPECIFICATION_BYTES];  ///< "%-5.2" without the letter
  size_t length;
  bool left;
  int width, precision;  ///< -1: none
} specification;

static int refuse(lua_State *L, const char *from, const char *end) {
  int length = (int)(end - from);
  lua_pushlstring(L, from, (size_t)(length > 20 ? 20 : length));
  return luaL_error(L, "invalid conversion '%s' to 'format'", lua_tostring(L, -1));
}

static int two_digits(const char **at, const char *end) {
  int value = 0, digits = 0;
  while (*at < end && digits < 2 && **at >= '0' && **at <= '9') value = value * 10 + (*(*at)++ - '0'), digits++;
  return digits ? value : -1;
}

/// Reads from after '%' up to the letter of the conversion.
static const char *parse(lua_State *L, const char *at, const char *end, specification *spec) {
  const char *from = at;
  while (at < end && at - from < 5 && *at && strchr("-+ #0", *at)) at++;
  spec->left = memchr(from, '-', (size_t)(at - from)) != NULL;
  spec->width = two_digits(&at, end);
  spec->precision = -1;
  if (at < end && *at == '.') {
    at++;
    spec->precision = two_digits(&at, end);
    if (spec->precision < 0) spec->precision = 0;
  }
  if (at >= end) refuse(L, from - 1, end);
  spec->length = (size_t)(at - from) + 1;
  memcpy(spec->text, from - 1, spec->length);
  spec->text[spec->length] = 0;
  return at;
}

static const char *flags_of(char conversion) {
  switch (conversion) {
    case 'd': case 'i': return "-+0 ";
    case 'o': case 'x': case 'X': return "-#0";
    case 'a': case 'A': case 'e': case 'E': case 'f': case 'g': case 'G': return "-+#0 ";
    case 'c': case 's': return "-";
    default: return NULL;
  }
}

static void add_padded(lua_State *L, stella_lua *S, size_t start, const specification *spec, const char *s, size_t n) {
  char spaces[100];
  size_t pad = spec->width > 0 && (size_t)spec->width > n ? (size_t)spec->width - n : 0;
  memset(spaces, ' ', pad);
  if (!spec->left) stella_buffer_add(L, S, start, spaces, pad);
  stella_buffer_add(L, S, start, s, n);
  if (spec->left) stella_buffer_add(L, S, start, spaces, pad);
}

static void add_number(lua_State *L, stella_lua *S, size_t start, specification *spec, char conversion, int argument) {
  char text[NUMBER_BYTES];
  int length;
  if (strchr("dioxX", conversion)) {
    lua_Integer value = luaL_checkinteger(L, argument);
    memcpy(spec->text + spec->length, (char[]){'l', 'l', conversion, 0}, 4);
    length = snprintf(text, sizeof text, spec->text, (long long)value);
  } else {
    double value = luaL_checknumber(L, argument);
    stella_charge(L, S, fabs(value) > 1e16 || spec->precision > 20 ? 400 : 24);
    memcpy(spec->text + spec->length, (char[]){conversion, 0}, 2);
    length = snprintf(text, sizeof text, spec->text, value);
  }
  stella_buffer_add(L, S, start, text, (size_t)length);
}

int stella_format(lua_State *L) {
  stella_lua *S = stella_of(L);
  size_t length, start = S->buffer_length;
  const char *at = luaL_checklstring(L, 1, &length), *end = at + length;
  int argument = 1, top = lua_gettop(L);
  stella_charge(L, S, (int64_t)length / 8);
  while (at < end) {
    const char *percent = memchr(at, '%', (size_t)(end - at));
    if (!percent) percent = end;
    stella_buffer_add(L, S, start, at, (size_t)(percent - at));
    at = percent;
    if (at == end) break;
    if (++at < end && *at == '%') {
      stella_buffer_add(L, S, start, at++, 1);
      continue;
    }
    specification spec;
    const char *letter = parse(L, at, end, &spec);
    const char *flags = flags_of(*letter);
    if (!flags || strspn(spec.text + 1, flags) < strspn(spec.text + 1, "-+ #0") || (*letter == 'c' && spec.precision >= 0))
      return refuse(L, at - 1, letter + 1);
    if (++argument > top) return luaL_argerror(L, argument, "no value");
    stella_charge(L, S, 4);
    if (*letter == 's') {
      size_t n;
      const char *s = stella_push_tostring(L, argument, &n);
      if (spec.precision >= 0 && n > (size_t)spec.precision) n = (size_t)spec.precision;
      stella_charge(L, S, (int64_t)n / 32);
      add_padded(L, S, start, &spec, s, n);
      lua_pop(L, 1);
    } else if (*letter == 'c') {
      char c = (char)luaL_checkinteger(L, argument);
      add_padded(L, S, start, &spec, &c, 1);
    } else {
      add_number(L, S, start, &spec, *letter, argument);
    }
    at = letter + 1;
  }
  stella_buffer_push(L, S, start);
  return 1;
}
