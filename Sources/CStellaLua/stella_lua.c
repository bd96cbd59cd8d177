#include "stella_lua.h"
