"""How fast events are kept, what they take, and how long it takes to look for one."""

import os
import subprocess
import time

from server import Server

RARE = "needle-in-4711"


NONE = """return rule { api = 1, id = "bench.none", title = "None", severity = "low", status = "test",
  where = [[status == 999]], threshold = { count = 1, within = "1m" } }
"""


def serve(stella, folder, lines):
    """A server over a file that it has not read yet, with one rule that holds for nothing; and the bytes of the file."""
    server = Server(stella, folder, ["--from", "start", "app.jsonl"], starts=False)
    server.rule("none.lua", NONE)
    return server, write(server.path("app.jsonl"), lines)


def write(path, lines):
    """Lines as services write them, one of them with a rare word. Bytes in all."""
    with open(path, "w", encoding="ascii") as file:
        for n in range(lines):
            level = "error" if n % 50 == 0 else "info"
            word = RARE if n == lines // 3 else "request done"
            file.write(
                f'{{"ts":{1_700_000_000 + n / 1000:.3f},"level":"{level}","service":"s{n % 12}","message":"{word}",'
                f'"route":"/r{n % 50}","status":{200 if level == "info" else 503},"duration_ms":{n * 7919 % 400},'
                f'"trace_id":"{n * 0x9E3779B97F4A7C15 % (1 << 64):016x}"}}\n')
    return os.path.getsize(path)


def keep(server, lines):
    """Seconds until all lines were read and kept, and the figures then."""
    begin = time.monotonic()
    server.start()
    while time.monotonic() - begin < 600:
        figures = server.figures()
        kept = figures.get("stella_archive_events_total", 0) + figures.get("stella_archive_lost_events_total", 0)
        if kept >= lines:
            return time.monotonic() - begin, figures
        time.sleep(0.2)
    raise RuntimeError("not all lines were read within 10 minutes")


def look(server, **parameters):
    """Seconds until everything there is was found, and how much that was."""
    begin = time.monotonic()
    found, after = 0, {}
    while True:
        text, following = server.get("/api/v1/events", limit=1000, **parameters, **after)
        found += text.count("\n")
        if not following:
            return time.monotonic() - begin, found
        after = {"after": following}


def ask(server, *arguments):
    """Seconds that `stella events` takes, which asks the server as its owner, and how many events it shows."""
    begin = time.monotonic()
    command = [server.stella, "events", "--output", "json", "--limit", "1000", *arguments]
    done = subprocess.run(command, cwd=server.folder, capture_output=True, check=True)
    return time.monotonic() - begin, done.stdout.count(b"\n")
