#ifndef STELLA_MATCH_H
#define STELLA_MATCH_H
#include "stella_value.h"
#endif
