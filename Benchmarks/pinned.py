"""python3 -I -S pinned.py CPUS RESULT COMMAND…: runs the command on these CPUs, `1` or `0,1`, and writes what the kernel
charged to it.

A process of its own, because a child's peak memory counts what its parent held at the fork; this one holds little.
Into the file RESULT: CPU seconds, wall seconds, peak resident KiB, exit code (negative: the signal). The peak of a command that
runs longer than START seconds is that of the time after it: what code and tables a start touches differs from run to run by more
than what is to be measured, and is given back.
"""

import os
import signal
import sys
import time

START = 0.15

os.sched_setaffinity(0, {int(cpu) for cpu in sys.argv[1].split(",")})
begin = time.monotonic()
child = os.fork()
if child == 0:
    try:
        os.execvp(sys.argv[3], sys.argv[3:])
    except OSError as error:
        os.write(2, f"{sys.argv[3]}: {error}\n".encode())
    os._exit(127)


def started(*_):
    try:
        with open(f"/proc/{child}/clear_refs", "w") as file:
            file.write("5")  # the peak begins anew
    except OSError:
        pass  # it has just ended


signal.signal(signal.SIGALRM, started)
signal.setitimer(signal.ITIMER_REAL, START)
_, status, usage = os.wait4(child, 0)
signal.setitimer(signal.ITIMER_REAL, 0)
wall = time.monotonic() - begin
code = os.waitstatus_to_exitcode(status)
with open(sys.argv[2], "w") as result:
    result.write(f"{usage.ru_utime + usage.ru_stime} {wall} {usage.ru_maxrss} {code}\n")
