// Starts one command as the engine does, and waits to be killed: made by a test, together with stella_process.c.
#include "stella_process.h"

#include <unistd.h>

int main(int count, char *const arguments[]) {
  if (count < 2) return 2;
  char *const environment[] = {"PATH=/usr/bin:/bin", 0};
  stella_process_command command = {
      .program = arguments[1],
      .arguments = arguments + 1,
      .environment = environment,
      .directory = "/",
      .cpu_seconds = 60,
      .memory_bytes = 1u << 30,
      .file_bytes = 1 << 20,
      .open_files = 64,
      .time_limit_ms = 3600000,
      .grace_ms = 1000,
      .reap_ms = 5000,
  };
  stella_process process;
  if (stella_process_start(&command, &process) != 0) return 1;
  for (;;) pause();
}
