#ifndef STELLA_JSON_H
#define STELLA_JSON_H
#include "stella_value.h"
#endif
