#ifndef STELLA_PROCESS_H
#define STELLA_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

// One command, run under a supervisor: a process of its own that outlives the death of the engine just long enough to end
// the command and everything it started. A fork of a process with threads may only use what is async-signal-safe until it
// calls exec, which Swift can't promise; so this is C.

typedef struct {
  // A program that calls stella_process_supervise first of all, to be executed as supervisor; NULL for a fork of this
  // process, which costs time and copies of pages by how much memory it has.
  const char *supervisor;
  // Absolute.
  const char *program;
  // Both end with NULL.
  char *const *arguments;
  char *const *environment;
  const char *directory;
  uint64_t cpu_seconds;
  uint64_t memory_bytes;
  uint64_t file_bytes;
  uint64_t open_files;
  // When not 0, it may write to no file but /dev/null and what it was given, nor make or remove any (landlock(7)).
  uint64_t read_only;
  // Until SIGTERM, from then until SIGKILL, and from then until what can't be killed is given up.
  int64_t time_limit_ms;
  int64_t grace_ms;
  int64_t reap_ms;
} stella_process_command;

typedef struct {
  pid_t supervisor;
  // What the command writes to standard output and standard error. Non-blocking.
  int output;
  // A stella_process_end once all is over; an end of file before it means that the supervisor was killed.
  int report;
  // Closing it, or dying with it, ends the command.
  int lifeline;
} stella_process;

enum {
  STELLA_PROCESS_EXITED = 1,
  STELLA_PROCESS_SIGNALLED = 2,
  // The program was never executed; `value` is an errno.
  STELLA_PROCESS_NOT_STARTED = 3,
};

typedef struct {
  int32_t kind;
  // An exit code, a signal, or an errno.
  int32_t value;
  // The command had to be ended: its time was over, or the lifeline was cut.
  int32_t was_ended;
  // Processes that couldn't be ended within `reap_ms`.
  int32_t remaining;
} stella_process_end;

// Whether this kernel can keep a command from changing files: Linux 6.2 or later, with Landlock on.
int stella_process_can_be_read_only(void);

// The name by which the supervisor is called, as its first argument.
#define STELLA_PROCESS_SUPERVISOR "stella-exec"

// Watches over one command to its end, when `arguments` are those of a supervisor; returns otherwise.
void stella_process_supervise(int count, char *const *arguments);

// Starts the command. Returns 0, or an errno, and then there is nothing to end.
int stella_process_start(const stella_process_command *command, stella_process *process);

// Two names of one file system change places, at once or not at all. 0, or an errno; ENOSYS, EINVAL or ENOTSUP where that can't be.
int stella_names_exchange(const char *one, const char *other);

#endif
