#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "stella_process.h"

#include <errno.h>

#if !defined(__linux__)

int stella_process_start(const stella_process_command *command, stella_process *process) {
  (void)command;
  (void)process;
  return ENOSYS;
}

void stella_process_supervise(int count, char *const *arguments) {
  (void)count;
  (void)arguments;
}

int stella_process_can_be_read_only(void) { return 0; }

#else

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void close_pair(int pair[2]) {
  close(pair[0]);
  close(pair[1]);
}

// Handlers of the engine must not run here, and what it ignores must not stay ignored in the command.
static void reset_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
}

static int limit(int resource, uint64_t most) {
  struct rlimit current;
  if (getrlimit(resource, &current) != 0) return errno;
  rlim_t value = (rlim_t)most;
  if (current.rlim_max != RLIM_INFINITY && value > current.rlim_max) value = current.rlim_max;
  struct rlimit wanted = {value, value};
  return setrlimit(resource, &wanted) == 0 ? 0 : errno;
}

// The numbers of landlock(7), which the headers of the build may lack: they are part of the kernel's interface.
enum {
  LANDLOCK_CREATE = 444,
  LANDLOCK_ADD_RULE = 445,
  LANDLOCK_RESTRICT = 446,
  LANDLOCK_VERSION = 1,
  LANDLOCK_PATH_BENEATH = 1,
  // The first that covers truncation.
  LANDLOCK_LEAST_VERSION = 3,
};
static const uint64_t write_file = 1u << 1, truncate_file = 1u << 14;
// Removing and making of every kind (bits 4 to 12), and moving to another directory (13).
static const uint64_t change_directory = 0x3ff0;

int stella_process_can_be_read_only(void) {
  return syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION) >= LANDLOCK_LEAST_VERSION;
}

static int make_read_only(void) {
  if (!stella_process_can_be_read_only()) return ENOSYS;
  const uint64_t handled = write_file | truncate_file | change_directory;
  int rules = (int)syscall(LANDLOCK_CREATE, &handled, sizeof handled, 0);
  if (rules < 0) return errno;
  struct __attribute__((packed)) {
    uint64_t allowed;
    int32_t parent;
  } nowhere = {write_file | truncate_file, open("/dev/null", O_PATH | O_CLOEXEC)};
  int failure = 0;
  if (nowhere.parent < 0 || syscall(LANDLOCK_ADD_RULE, rules, LANDLOCK_PATH_BENEATH, &nowhere, 0) != 0 ||
      syscall(LANDLOCK_RESTRICT, rules, 0) != 0)
    failure = errno;
  if (nowhere.parent >= 0) close(nowhere.parent);
  close(rules);
  return failure;
}

// Becomes the command; returns why it couldn't.
static int become(const stella_process_command *command, pid_t supervisor, int output) {
  if (setsid() < 0) return errno;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
  if (getppid() != supervisor) return ESRCH;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  int failure = limit(RLIMIT_CORE, 0);
  if (failure == 0) failure = limit(RLIMIT_CPU, command->cpu_seconds);
  if (failure == 0) failure = limit(RLIMIT_AS, command->memory_bytes);
  if (failure == 0) failure = limit(RLIMIT_FSIZE, command->file_bytes);
  if (failure == 0) failure = limit(RLIMIT_NOFILE, command->open_files);
  if (failure == 0 && command->read_only) failure = make_read_only();
  if (failure != 0) return failure;
  if (chdir(command->directory) != 0) return errno;
  umask(022);
  int input = open("/dev/null", O_RDONLY);
  if (input < 0) return errno;
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return errno;
  // The pipe that tells a failure of exec closes by itself when there is none.
  if (syscall(SYS_close_range, 3, ~0U, 1U << 2 /* CLOSE_RANGE_CLOEXEC */) != 0) return errno;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(command->program, command->arguments, command->environment);
  return errno;
}

// Kills every child of this process. With all orphans of the command among them, repeating it ends every descendant,
// whatever session it has fled to.
static void kill_children(void) {
  int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  char text[4096];
  ssize_t count;
  pid_t pid = 0;
  while ((count = read(file, text, sizeof text)) > 0) {
    for (ssize_t i = 0; i < count; i++) {
      if (text[i] >= '0' && text[i] <= '9') {
        pid = pid * 10 + (text[i] - '0');
      } else if (pid > 0) {
        kill(pid, SIGKILL);
        pid = 0;
      }
    }
  }
  close(file);
}

// Ends and reaps all that is left; returns whether something stays. Notes how the command itself ended.
static int end_all(pid_t leader, int *status, int *has_status, int64_t reap_ms) {
  int64_t deadline = now_ms() + reap_ms;
  for (;;) {
    // The group's id can't be another's while a member or the unreaped leader lives.
    if (!*has_status) kill(-leader, SIGKILL);
    kill_children();
    for (;;) {
      int ended;
      pid_t pid = waitpid(-1, &ended, WNOHANG);
      if (pid < 0 && errno == ECHILD) return 0;
      if (pid <= 0) break;
      if (pid == leader) {
        *status = ended;
        *has_status = 1;
      }
    }
    if (now_ms() >= deadline) return 1;
    struct timespec pause = {0, 2000000};
    nanosleep(&pause, NULL);
  }
}

static void send_report(int report, const stella_process_end *end) {
  // Smaller than PIPE_BUF: all or nothing.
  while (write(report, end, sizeof *end) < 0 && errno == EINTR) {}
}

// Takes the three above standard error, gives /dev/null the first three places, and closes everything else: what the
// engine has open is nothing to a command, and a pipe held here would never end for its reader.
static int keep_only(int *a, int *b, int *c) {
  int *kept[3] = {a, b, c};
  for (int i = 0; i < 3; i++) {
    int moved = fcntl(*kept[i], F_DUPFD_CLOEXEC, 3);
    if (moved < 0) return errno;
    *kept[i] = moved;
  }
  int nothing = open("/dev/null", O_RDWR);
  if (nothing < 0) return errno;
  for (int i = 0; i < 3; i++)
    if (dup2(nothing, i) < 0) return errno;
  for (int i = 0; i < 3; i++)
    for (int j = i + 1; j < 3; j++)
      if (*kept[j] < *kept[i]) {
        int *held = kept[i];
        kept[i] = kept[j];
        kept[j] = held;
      }
  unsigned int next = 3;
  for (int i = 0; i < 3; i++) {
    unsigned int place = (unsigned int)*kept[i];
    if (place > next && syscall(SYS_close_range, next, place - 1, 0) != 0) return errno;
    next = place + 1;
  }
  return syscall(SYS_close_range, next, ~0U, 0) == 0 ? 0 : errno;
}

static void supervise(const stella_process_command *command, int output, int report, int lifeline) {
  stella_process_end end = {STELLA_PROCESS_NOT_STARTED, 0, 0, 0};
  reset_signals();
  setsid();
  prctl(PR_SET_NAME, "stella-exec");
  int failed[2];
  end.value = keep_only(&output, &report, &lifeline);
  if (end.value == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) end.value = errno;
  if (end.value == 0 && pipe2(failed, O_CLOEXEC) != 0) end.value = errno;
  if (end.value != 0) {
    send_report(report, &end);
    _exit(1);
  }
  pid_t supervisor = getpid();
  pid_t leader = fork();
  if (leader == 0) {
    int32_t failure = become(command, supervisor, output);
    while (write(failed[1], &failure, sizeof failure) < 0 && errno == EINTR) {}
    _exit(127);
  }
  if (leader < 0) {
    end.value = errno;
    send_report(report, &end);
    _exit(1);
  }
  close(output);
  close(failed[1]);

  int status = 0, has_status = 0;
  int32_t failure = 0;
  ssize_t told;
  // Ends with the success of exec, with its failure, or with the death of the child.
  while ((told = read(failed[0], &failure, sizeof failure)) < 0 && errno == EINTR) {}
  close(failed[0]);
  if (told == (ssize_t)sizeof failure) {
    end_all(leader, &status, &has_status, command->reap_ms);
    end.value = failure;
    send_report(report, &end);
    _exit(0);
  }

  int process = (int)syscall(SYS_pidfd_open, leader, 0);
  int64_t deadline = now_ms() + command->time_limit_ms;
  int terminated = 0;
  while (process >= 0) {
    int64_t left = deadline - now_ms();
    if (left <= 0) {
      if (terminated) break;
      end.was_ended = terminated = 1;
      kill(-leader, SIGTERM);
      deadline = now_ms() + command->grace_ms;
      continue;
    }
    struct pollfd waits[2] = {{process, POLLIN, 0}, {lifeline, POLLIN, 0}};
    int ready = poll(waits, 2, left > 1000000 ? 1000000 : (int)left);
    if (ready < 0 && errno != EINTR) break;
    if (ready > 0 && waits[0].revents != 0) break;
    if (ready > 0 && waits[1].revents != 0) {
      end.was_ended = 1;
      break;
    }
  }
  if (process < 0) end.was_ended = 1;
  // A command that is done but not yet reaped keeps its status, whatever is sent to it.
  end.remaining = end_all(leader, &status, &has_status, command->reap_ms);
  if (has_status && WIFEXITED(status)) {
    end.kind = STELLA_PROCESS_EXITED;
    end.value = WEXITSTATUS(status);
  } else {
    end.kind = STELLA_PROCESS_SIGNALLED;
    end.value = has_status && WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
  }
  send_report(report, &end);
  _exit(0);
}

enum { FIRST_FILE = 3, NUMBER_COUNT = 8, FIRST_WORD = 2 + NUMBER_COUNT };

void stella_process_supervise(int count, char *const *arguments) {
  if (count <= FIRST_WORD || strcmp(arguments[0], STELLA_PROCESS_SUPERVISOR) != 0) return;
  uint64_t numbers[NUMBER_COUNT];
  for (int i = 0; i < NUMBER_COUNT; i++) numbers[i] = strtoull(arguments[2 + i], NULL, 10);
  stella_process_command command = {
      .program = arguments[FIRST_WORD],
      .arguments = arguments + FIRST_WORD,
      .environment = environ,
      .directory = arguments[1],
      .cpu_seconds = numbers[0],
      .memory_bytes = numbers[1],
      .file_bytes = numbers[2],
      .open_files = numbers[3],
      .read_only = numbers[4],
      .time_limit_ms = (int64_t)numbers[5],
      .grace_ms = (int64_t)numbers[6],
      .reap_ms = (int64_t)numbers[7],
  };
  supervise(&command, FIRST_FILE, FIRST_FILE + 1, FIRST_FILE + 2);
}

// Executes the supervisor without copying this process (posix_spawn shares its memory until then).
static int spawn_supervisor(const stella_process_command *command, const int files[3], pid_t *supervisor) {
  const uint64_t numbers[NUMBER_COUNT] = {
      command->cpu_seconds, command->memory_bytes, command->file_bytes, command->open_files, command->read_only,
      (uint64_t)command->time_limit_ms, (uint64_t)command->grace_ms, (uint64_t)command->reap_ms,
  };
  int words = 0;
  while (command->arguments[words] != NULL) words++;
  // The program is executed by its path and called by it too.
  char **arguments = calloc((size_t)(FIRST_WORD + words + 1), sizeof *arguments);
  if (arguments == NULL) return ENOMEM;
  char texts[NUMBER_COUNT][24];
  arguments[0] = (char *)STELLA_PROCESS_SUPERVISOR;
  arguments[1] = (char *)command->directory;
  for (int i = 0; i < NUMBER_COUNT; i++) {
    snprintf(texts[i], sizeof texts[i], "%llu", (unsigned long long)numbers[i]);
    arguments[2 + i] = texts[i];
  }
  for (int i = 0; i < words; i++) arguments[FIRST_WORD + i] = command->arguments[i];
  arguments[FIRST_WORD] = (char *)command->program;

  // Moved out of the way first, so that none is overwritten by another.
  int moved[3] = {-1, -1, -1};
  posix_spawn_file_actions_t actions;
  int failure = posix_spawn_file_actions_init(&actions);
  if (failure == 0) {
    for (int i = 0; i < 3 && failure == 0; i++) {
      moved[i] = fcntl(files[i], F_DUPFD_CLOEXEC, FIRST_FILE + 3);
      failure = moved[i] < 0 ? errno : posix_spawn_file_actions_adddup2(&actions, moved[i], FIRST_FILE + i);
    }
    if (failure == 0)
      failure = posix_spawn(supervisor, command->supervisor, &actions, NULL, arguments, command->environment);
    posix_spawn_file_actions_destroy(&actions);
  }
  for (int i = 0; i < 3; i++)
    if (moved[i] >= 0) close(moved[i]);
  free(arguments);
  return failure;
}

int stella_process_start(const stella_process_command *command, stella_process *process) {
  int output[2], report[2], lifeline[2];
  if (pipe2(output, O_CLOEXEC) != 0) return errno;
  if (pipe2(report, O_CLOEXEC) != 0) {
    int failure = errno;
    close_pair(output);
    return failure;
  }
  if (pipe2(lifeline, O_CLOEXEC) != 0) {
    int failure = errno;
    close_pair(output);
    close_pair(report);
    return failure;
  }
  pid_t supervisor = -1;
  int failure = ENOENT;
  if (command->supervisor != NULL) {
    const int files[3] = {output[1], report[1], lifeline[0]};
    failure = spawn_supervisor(command, files, &supervisor);
  }
  if (failure != 0) {
    // No handler of the engine may run in the supervisor before it has taken them off.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    supervisor = fork();
    failure = errno;
    if (supervisor == 0) supervise(command, output[1], report[1], lifeline[0]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  close(output[1]);
  close(report[1]);
  close(lifeline[0]);
  if (supervisor < 0) {
    close(output[0]);
    close(report[0]);
    close(lifeline[1]);
    return failure;
  }
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  process->supervisor = supervisor;
  process->output = output[0];
  process->report = report[0];
  process->lifeline = lifeline[1];
  return 0;
}

#endif
