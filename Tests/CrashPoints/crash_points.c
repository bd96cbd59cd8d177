// Preloaded into `stella` by the tests that crash it, never part of a product: kills the process at the n-th call that
// changes a file under a directory.
//
//   CRASH_DIRECTORY  what the paths of these files contain
//   CRASH_AT         n, from 1; 0 or nothing kills never
//   CRASH_TORN       when set, half of a write is done before the kill, of any other call nothing
//   CRASH_TRACE      a file that gets one letter per call
//   CRASH_NAMES      a file that gets one line per call: the last component of the path of the file that it is about
//   CRASH_MANNER     `stop`: the process is stopped, not killed, and does the call when it continues; `full`: in the n-th
//                    call space runs out, so that half of a write is done, and from then on there is none, until the file
//                    `reserve` or `spare` is cut and leaves what it had
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long calls;
// What can still be written, in bytes; less than 0: as much as one likes.
static atomic_long space = -1;

static long crash_at(void) {
  const char *text = getenv("CRASH_AT");
  return text ? atol(text) : 0;
}

static int is_counted_path(const char *path) {
  const char *directory = getenv("CRASH_DIRECTORY");
  return directory && path && strstr(path, directory);
}

// As a caller names it, who may mean the working directory.
static int is_counted_name(const char *name) {
  char here[PATH_MAX], path[2 * PATH_MAX];
  if (!name || name[0] == '/' || !getcwd(here, sizeof here)) return is_counted_path(name);
  snprintf(path, sizeof path, "%s/%s", here, name);
  return is_counted_path(path);
}

// The path of the file, in `path` of PATH_MAX bytes, when it is counted.
static int is_counted(int descriptor, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_counted_path(path);
}

static int is_manner(const char *name) {
  const char *manner = getenv("CRASH_MANNER");
  return manner && strcmp(manner, name) == 0;
}

// Returns when the process goes on after it.
static void die(void) {
  if (is_manner("full")) {
    atomic_store(&space, 0);
    return;
  }
  if (is_manner("stop")) {
    // To this very thread: sent to the process, another one might take it while this one goes on.
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
    return;
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void note(const char *variable, const char *bytes, size_t count) {
  const char *path = getenv(variable);
  if (!path) return;
  int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return;
  syscall(SYS_write, descriptor, bytes, count);
  syscall(SYS_close, descriptor);
}

// Counts a call and tells whether the process is to die in it.
static int reaches(char letter, const char *path) {
  char line[NAME_MAX + 2];
  const char *slash = strrchr(path, '/');
  int length = snprintf(line, sizeof line, "%s\n", slash ? slash + 1 : path);
  note("CRASH_TRACE", &letter, 1);
  note("CRASH_NAMES", line, length);
  return atomic_fetch_add(&calls, 1) + 1 == crash_at();
}

static void before(int descriptor, char letter) {
  char path[PATH_MAX];
  if (is_counted(descriptor, path) && reaches(letter, path)) die();
}

static void before_path(const char *path, char letter) {
  if (is_counted_name(path) && reaches(letter, path)) die();
}

// Takes `count` bytes of what space there is left. Returns whether there was that much.
static int has_space(size_t count) {
  long left = atomic_load(&space);
  while (left >= 0) {
    if (left < (long)count) return 0;
    if (atomic_compare_exchange_weak(&space, &left, left - (long)count)) return 1;
  }
  return 1;
}

// At `offset`, or where the file stands when that is less than 0.
static ssize_t put(int descriptor, const void *bytes, size_t count, off64_t offset) {
  return offset < 0 ? syscall(SYS_write, descriptor, bytes, count)
                    : syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

static ssize_t count_write(int descriptor, const void *bytes, size_t count, off64_t offset) {
  char path[PATH_MAX];
  if (!is_counted(descriptor, path)) return put(descriptor, bytes, count, offset);
  if (reaches('w', path)) {
    if (getenv("CRASH_TORN")) put(descriptor, bytes, count / 2, offset);
    die();
    if (is_manner("full")) return put(descriptor, bytes, count / 2, offset);
  } else if (!has_space(count)) {
    errno = ENOSPC;
    return -1;
  }
  return put(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  return count_write(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  return count_write(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) { return count_write(descriptor, bytes, count, -1); }

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
  char path[PATH_MAX];
  struct stat status;
  // What a file has already costs nothing.
  if (is_counted(descriptor, path) && fstat(descriptor, &status) == 0 && status.st_blocks * 512 < offset + length &&
      !has_space(length)) {
    return ENOSPC;
  }
  return syscall(SYS_fallocate, descriptor, 0, offset, length) == 0 ? 0 : errno;
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
  return posix_fallocate64(descriptor, offset, length);
}

int truncate64(const char *path, off64_t length) {
  struct stat status;
  int gives = is_counted_name(path) && ((strstr(path, "/reserve") && length == 0) || strstr(path, "/spare"));
  if (gives && stat(path, &status) == 0 && atomic_load(&space) >= 0 && status.st_blocks * 512 > length) {
    atomic_fetch_add(&space, status.st_blocks * 512 - length);
  }
  return (int)syscall(SYS_truncate, path, length);
}

int truncate(const char *path, off_t length) { return truncate64(path, length); }
