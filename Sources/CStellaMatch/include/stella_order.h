#ifndef STELLA_ORDER_H
#define STELLA_ORDER_H

#include <string.h>

#include "stella_value.h"

/// How two values compare, as bits, so that an operator is the set of outcomes that make it true.
enum {
  STELLA_LESS = 1,
  STELLA_EQUAL = 2,
  STELLA_GREATER = 4,
  STELLA_SAME = 8,      ///< equal, of a type without an order: booleans, null
  STELLA_UNEQUAL = 16,  ///< of one type, not equal, and without an order: booleans, NaN
  STELLA_APART = 32,    ///< a missing value, unequal types, or values that are never compared (arrays, objects)
};

/// An integer against a double by their mathematical values, as Lua 5.4 does; rounding `i` would call 2^53 + 1 equal to 2^53.
static inline int stella_order_int_double(int64_t i, double d) {
  if (d != d) return STELLA_UNEQUAL;
  if (d >= 0x1p63) return STELLA_LESS;
  if (d < -0x1p63) return STELLA_GREATER;
  int64_t whole = (int64_t)d;  // towards zero
  if (i != whole) return i < whole ? STELLA_LESS : STELLA_GREATER;
  double rest = d - (double)whole;  // exact: doubles with a fraction are below 2^53
  return rest > 0 ? STELLA_LESS : rest < 0 ? STELLA_GREATER : STELLA_EQUAL;
}

static inline int stella_order_reversed(int order) {
  return order == STELLA_LESS ? STELLA_GREATER : order == STELLA_GREATER ? STELLA_LESS : order;
}

static inline int stella_order_bytes(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length) {
  uint32_t shorter = a_length < b_length ? a_length : b_length;
  int order = shorter == 0 ? 0 : memcmp(a, b, shorter);
  if (order == 0) order = a_length < b_length ? -1 : a_length > b_length;
  return order < 0 ? STELLA_LESS : order > 0 ? STELLA_GREATER : STELLA_EQUAL;
}

/// How `a` stands to `b`: numbers mathematically, text bytewise.
static inline int stella_value_order(const stella_value *a, const stella_value *b) {
  switch (a->kind) {
    case STELLA_NULL:
      return b->kind == STELLA_NULL ? STELLA_SAME : STELLA_APART;
    case STELLA_BOOL:
      if (b->kind != STELLA_BOOL) return STELLA_APART;
      return (a->i != 0) == (b->i != 0) ? STELLA_SAME : STELLA_UNEQUAL;
    case STELLA_INT:
      if (b->kind == STELLA_INT) return a->i < b->i ? STELLA_LESS : a->i > b->i ? STELLA_GREATER : STELLA_EQUAL;
      if (b->kind == STELLA_DOUBLE) return stella_order_int_double(a->i, b->d);
      return STELLA_APART;
    case STELLA_DOUBLE:
      if (b->kind == STELLA_INT) return stella_order_reversed(stella_order_int_double(b->i, a->d));
      if (b->kind != STELLA_DOUBLE) return STELLA_APART;
      if (a->d < b->d) return STELLA_LESS;
      if (a->d > b->d) return STELLA_GREATER;
      return a->d == b->d ? STELLA_EQUAL : STELLA_UNEQUAL;
    case STELLA_STRING:
      if (b->kind != STELLA_STRING) return STELLA_APART;
      return stella_order_bytes(a->p, a->length, b->p, b->length);
    default:
      return STELLA_APART;
  }
}

/// The double nearest to a number; monotone, so it may stand in where too many hits do no harm.
static inline double stella_value_rounded(const stella_value *value) {
  return value->kind == STELLA_INT ? (double)value->i : value->d;
}

#endif
