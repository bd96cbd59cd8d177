#ifndef STELLA_LUA_H
#define STELLA_LUA_H
#include "stella_value.h"
#endif
