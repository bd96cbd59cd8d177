#include "stella_json.h"
