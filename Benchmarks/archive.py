"""How fast events are kept, what they take, and how long it takes to look for one."""

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

RARE = "needle-in-4711"


class Server:
    """A `stella serve` over one file in a folder of its own, which asks one rule that holds for nothing."""

    def __init__(self, stella, work, lines):
        self.folder = os.path.join(work, "archive")
        rules = os.path.join(self.folder, "Rules")
        os.makedirs(rules, exist_ok=True)
        with open(os.path.join(rules, "none.lua"), "w", encoding="ascii") as file:
            file.write(
                'return rule { api = 1, id = "bench.none", title = "None", severity = "low", status = "test", '
                'where = [[status == 999]], threshold = { count = 1, within = "1m" } }\n')
        with open(os.path.join(self.folder, "stella.yaml"), "w", encoding="ascii") as file:
            file.write("server: { listen: '127.0.0.1:0' }\n")
        self.log, self.lines = os.path.join(self.folder, "app.jsonl"), lines
        self.bytes = write(self.log, lines)
        self.stella = stella

    def start(self):
        self.process = subprocess.Popen(
            [self.stella, "serve", "--from", "start", "app.jsonl"], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        self.port = None
        for line in self.process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
            if "watching" in line:
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{query}", timeout=60) as answer:
            return answer.read().decode(), answer.headers.get("stella-next")

    def figures(self):
        return {m["name"]: m["samples"][0]["value"] for m in json.loads(self.get("/health/metrics")[0])["metrics"]}

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


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


def keep(server):
    """Seconds until all lines were read and kept, and the figures then."""
    begin = time.monotonic()
    server.start()
    while time.monotonic() - begin < 600:
        figures = server.figures()
        kept = figures.get("stella_archive_events_total", 0) + figures.get("stella_archive_lost_events_total", 0)
        if kept >= server.lines:
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
