#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "stella_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int stella_names_exchange(const char *one, const char *other) {
#if defined(__linux__)
  return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0 ? 0 : errno;
#else
  (void)one;
  (void)other;
  return ENOSYS;
#endif
}
