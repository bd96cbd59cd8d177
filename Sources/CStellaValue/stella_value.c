#include "stella_value.h"
