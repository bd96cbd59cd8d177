#include "stella_match.h"
