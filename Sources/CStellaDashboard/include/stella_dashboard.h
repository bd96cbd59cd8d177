#ifndef STELLA_DASHBOARD_H
#define STELLA_DASHBOARD_H

#include <stddef.h>

// The files of the dashboard, in the binary.

typedef struct {
  const char *name;
  const char *media_type;
  const unsigned char *bytes;
  size_t count;
} stella_dashboard_asset;

// All of them; `count` gets how many.
const stella_dashboard_asset *stella_dashboard_assets(size_t *count);

#endif
