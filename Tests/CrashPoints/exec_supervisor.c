// A program that can be a supervisor: made by a test, together with stella_process.c.
#include "stella_process.h"

int main(int count, char *const arguments[]) {
  stella_process_supervise(count, arguments);
  return 2;
}
