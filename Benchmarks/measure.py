"""Runs a command pinned to one CPU and reads what the kernel charged to it."""

import os
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass


@dataclass
class Measure:
    cpu: float  # user + system seconds
    wall: float  # seconds
    peak_mb: float  # largest resident set; never below what this process itself holds at the fork
    code: int
    errors: str  # the end of stderr
    output: str | None = None


class RunFailed(Exception):
    def __init__(self, command, measure):
        tail = "\n    ".join(measure.errors.strip().splitlines()[-8:])
        super().__init__(f"{' '.join(command)}\n    ended with {measure.code}: {tail}")


def run(command, cpu, folder, output=None, timeout=900, allowed=(0,)):
    """One run. stdout goes to the file `output`, or is returned when there is none. Raises RunFailed on another exit code."""
    with tempfile.TemporaryFile() as errors, open(output, "wb") if output else tempfile.TemporaryFile() as out:
        begin = time.monotonic()
        child = subprocess.Popen(
            ["taskset", "-c", str(cpu), *command], stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=folder
        )
        timer = threading.Timer(timeout, child.kill)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4000))
        text = None
        if not output:
            out.seek(0)
            text = out.read().decode()
        measure = Measure(
            cpu=usage.ru_utime + usage.ru_stime,
            wall=wall,
            peak_mb=usage.ru_maxrss / 1024,
            code=child.returncode,
            errors=errors.read().decode(errors="replace"),
            output=text,
        )
    if measure.code not in allowed:
        raise RunFailed(command, measure)
    return measure


def median(measures):
    """Each figure's own median; the texts are the last run's."""
    last = measures[-1]
    return Measure(
        cpu=statistics.median(m.cpu for m in measures),
        wall=statistics.median(m.wall for m in measures),
        peak_mb=statistics.median(m.peak_mb for m in measures),
        code=last.code,
        errors=last.errors,
        output=last.output,
    )
