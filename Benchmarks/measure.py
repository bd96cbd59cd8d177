"""Runs a command pinned to some CPUs, mostly one, and reads what the kernel charged to it."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

PINNED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pinned.py")


@dataclass
class Measure:
    cpu: float  # user + system seconds
    wall: float  # seconds
    peak_mb: float  # largest resident set; never below what the launcher holds (about 9 MB)
    code: int
    errors: str  # the end of stderr
    output: str | None = None


class RunFailed(Exception):
    def __init__(self, command, code, text):
        tail = "\n    ".join(text.strip().splitlines()[-8:])
        super().__init__(f"{' '.join(command)}\n    ended with {code}: {tail}")


def run(command, cpus, folder, output=None, timeout=900, allowed=(0,)):
    """One run in `folder`. stdout goes to the file `output`, else into the measure. Raises RunFailed for a status that isn't allowed."""
    result = os.path.join(folder, ".measure")
    launcher = [sys.executable, "-I", "-S", PINNED, str(cpus), result, *command]
    with tempfile.TemporaryFile() as errors, open(output, "wb") if output else tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            launcher, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=folder, start_new_session=True
        )
        try:
            process.wait(timeout)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise RunFailed(command, f"no end after {timeout} s", "") from error
            raise
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4000))
        text, produced = errors.read().decode(errors="replace"), None
        if not output:
            out.seek(0)
            produced = out.read().decode()
    if process.returncode:
        raise RunFailed(command, f"launcher {process.returncode}", text)
    with open(result, encoding="ascii") as file:
        spent, wall, kibibytes, code = file.read().split()
    if int(code) not in allowed:
        raise RunFailed(command, int(code), text)
    return Measure(float(spent), float(wall), int(kibibytes) / 1024, int(code), text, produced)


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
