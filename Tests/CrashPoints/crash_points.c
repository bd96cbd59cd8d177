// Preloaded into `stella` by the tests that crash it, never part of a product: kills the process at the n-th call that
// changes a file under a directory.
//
//   CRASH_DIRECTORY  what the paths of these files contain
//   CRASH_AT         n, from 1; 0 or nothing kills never
//   CRASH_TORN       when set, half of a write is done before the kill, of any other call nothing
//   CRASH_TRACE      a file that gets one letter per call
//   CRASH_MANNER     `stop`: the process is stopped, not killed, and does the call when it continues; `full`: from the n-th
//                    call on there is no space, until the file `reserve` is cut
//
// Syncing is left out: what a process has written outlives its kill without, and the test takes a fraction of the time.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long calls;

static long crash_at(void) {
  const char *text = getenv("CRASH_AT");
  return text ? atol(text) : 0;
}

static int is_counted_path(const char *path) {
  const char *directory = getenv("CRASH_DIRECTORY");
  return directory && path && strstr(path, directory);
}

static int is_counted(int descriptor) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_counted_path(path);
}

static atomic_int is_full;

static int is_manner(const char *name) {
  const char *manner = getenv("CRASH_MANNER");
  return manner && strcmp(manner, name) == 0;
}

// Returns when the process goes on after it.
static void die(void) {
  if (is_manner("full")) {
    atomic_store(&is_full, 1);
    return;
  }
  if (is_manner("stop")) {
    kill(getpid(), SIGSTOP);
    return;
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Counts a call and tells whether the process is to die in it.
static int reaches(char letter) {
  const char *trace = getenv("CRASH_TRACE");
  if (trace) {
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor >= 0) {
      syscall(SYS_write, descriptor, &letter, 1);
      syscall(SYS_close, descriptor);
    }
  }
  return atomic_fetch_add(&calls, 1) + 1 == crash_at();
}

static void before(int descriptor, char letter) {
  if (is_counted(descriptor) && reaches(letter)) die();
}

static void before_path(const char *path, char letter) {
  if (is_counted_path(path) && reaches(letter)) die();
}

static int is_refused(int descriptor) {
  if (!atomic_load(&is_full) || !is_counted(descriptor)) return 0;
  errno = ENOSPC;
  return 1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  if (is_counted(descriptor) && reaches('w')) {
    if (getenv("CRASH_TORN")) syscall(SYS_pwrite64, descriptor, bytes, count / 2, offset);
    die();
  }
  if (is_refused(descriptor)) return -1;
  return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite64(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (is_counted(descriptor) && reaches('w')) {
    if (getenv("CRASH_TORN")) syscall(SYS_write, descriptor, bytes, count / 2);
    die();
  }
  if (is_refused(descriptor)) return -1;
  return syscall(SYS_write, descriptor, bytes, count);
}

int fsync(int descriptor) {
  before(descriptor, 's');
  return 0;
}

int fdatasync(int descriptor) {
  before(descriptor, 's');
  return 0;
}

int ftruncate64(int descriptor, off64_t length) {
  before(descriptor, 't');
  return (int)syscall(SYS_ftruncate, descriptor, length);
}

int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

int unlink(const char *path) {
  before_path(path, 'u');
  return unlinkat(AT_FDCWD, path, 0);
}

int rename(const char *old, const char *new) {
  before_path(new, 'r');
  return renameat(AT_FDCWD, old, AT_FDCWD, new);
}

int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
  if (is_refused(descriptor)) return ENOSPC;
  return syscall(SYS_fallocate, descriptor, 0, offset, length) == 0 ? 0 : errno;
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
  return posix_fallocate64(descriptor, offset, length);
}

int truncate64(const char *path, off64_t length) {
  if (is_counted_path(path) && strstr(path, "/reserve") && length == 0) atomic_store(&is_full, 0);
  return (int)syscall(SYS_truncate, path, length);
}

int truncate(const char *path, off_t length) { return truncate64(path, length); }
