"""Fixes: from the alert to the plan, from the approval to the changed row, long lists, and a long execution log."""

import hashlib
import json
import os
import sqlite3
import struct
import subprocess
import time
from datetime import datetime

RULE = """return rule {
  api = 1, id = "bench.stuck", title = "An item is stuck", severity = "high", type = "bench_stuck", where = [[item ~= nil]],
  by = { "item" }, max_keys = 100000, threshold = { count = 1, within = "1s", window = "from_first" }, suppress_for = "0s",
}
"""

FIX = """return fix {
  api = 1, id = "bench-unstick", title = "Set an item free", handles = { "bench.stuck" }, params = { item = "string" },
  targets = { "items-db" }, max_rows = 100,
  plan = function(ctx, p)
    if ctx.db("items-db"):value("select state from items where id = ?", p.item) ~= "stuck" then return {} end
    return { sql.update { target = "items-db", table = "items", where = { id = p.item }, set = { state = "free" } } }
  end,
  verify = function(ctx, p) return ctx.db("items-db"):value("select state from items where id = ?", p.item) == "free" end,
}
"""

CONFIGURATION = """rules: [Rules]
fixes: [Fixes]
targets:
  items-db: {{ kind: sqlite, path: items.db }}
users:
  bench: {{ uids: [{uid}], roles: [approver] }}
policies:
  - {{ name: bench, breaker: {{ count: 1000, within: 1h }} }}
"""


class Place:
    """A directory with a database, a rule and a fix for it."""

    def __init__(self, binary, folder, items):
        self.binary = binary
        self.folder = folder
        for name, text in (
            ("Rules/stuck.lua", RULE), ("Fixes/unstick.lua", FIX),
            ("stella.yaml", CONFIGURATION.format(uid=os.getuid())),
        ):
            os.makedirs(os.path.dirname(os.path.join(folder, name)) or folder, exist_ok=True)
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        with sqlite3.connect(os.path.join(folder, "items.db")) as database:
            database.execute("create table items (id text primary key, state text) without rowid")
            database.executemany("insert into items values (?, 'stuck')", ((f"i{n}",) for n in range(items)))
        self.stella("fixes", "target", "init", "items-db")

    def stella(self, *arguments, check=True):
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL
        )
        if check and done.returncode not in (0, 6):
            raise RuntimeError(f"stella {' '.join(arguments)}: {done.returncode}\n{done.stderr}")
        return done.stdout

    def log(self, name, first, count):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            for number in range(first, first + count):
                # All at one time: what is resolved again before anybody looks needs no fix.
                file.write(f'{{"ts":1790000000,"item":"i{number}","message":"stuck"}}\n')

    def runs(self, *arguments):
        return [json.loads(line) for line in self.stella("runs", "list", "--output", "json", *arguments).splitlines()]


def nanoseconds(text):
    seconds, _, fraction = text.rstrip("Z").partition(".")
    base = datetime.fromisoformat(seconds + "+00:00").timestamp()
    return int(base) * 10**9 + int(fraction.ljust(9, "0"))


def proposals(binary, folder, count):
    """Milliseconds from one proposal to the next while `count` alerts are worked off; plans included."""
    place = Place(binary, folder, count)
    place.log("stuck.jsonl", 0, count)
    start = time.monotonic()
    place.stella("watch", "--no-follow", "--propose", "stuck.jsonl")
    spent = time.monotonic() - start
    waiting = place.runs("--state", "awaiting", "--limit", str(count))
    if len(waiting) != count:
        raise RuntimeError(f"{len(waiting)} of {count} alerts came to a plan")
    return place, 1000 * spent / count


def execution(place):
    """Milliseconds from the vote to the end of a verified run, while an engine that carries runs out is following."""
    open(os.path.join(place.folder, "empty.jsonl"), "w", encoding="utf-8").close()
    engine = subprocess.Popen(
        [place.binary, "watch", "--run-fixes", "empty.jsonl"], cwd=place.folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    times = []
    try:
        time.sleep(1)
        for run in place.runs("--state", "awaiting", "--limit", "20"):
            place.stella("approvals", "approve", run["id"], "--digest", run["digest"][7:], "--reason", "bench")
            shown = json.loads(place.stella("runs", "show", run["id"], "--output", "json"))
            if shown["state"] != "succeeded":
                raise RuntimeError(f"{run['id']} is {shown['state']}")
            voted = nanoseconds(shown["votes"][-1]["time"])
            times.append((nanoseconds(shown["ended_at"]) - voted) / 1e6)
    finally:
        engine.terminate()
        engine.wait()
    return sorted(times)[len(times) // 2]


def listing(place):
    """Milliseconds of `approvals list`, start-up included."""
    start = time.monotonic()
    place.stella("approvals", "list")
    return 1000 * (time.monotonic() - start)


def append_records(place, count):
    """Continues the execution log behind Stella's back, by what its page says of the format."""
    database = sqlite3.connect(os.path.join(place.folder, ".stella", "stella.db"))
    log, number, previous = database.execute(
        "select log, number, hash from log_record order by log desc, number desc limit 1"
    ).fetchone()

    def text(value):
        return struct.pack(">I", len(value)) + value.encode()

    def member(name, value):
        return text(name) + b"\x05" + text(value)

    head = struct.pack(">HB", 1, 1)
    body = b"\x07" + struct.pack(">I", 3) + member("digest", "sha256:" + "ab" * 32) + member("event", "taken_over") + member(
        "to", "verifying")
    tail = text("run.changed") + text("r-0badcafe") + text("engine") + b"\x00" + body

    def records():
        nonlocal previous
        for place in range(number + 1, number + 1 + count):
            record = head + struct.pack(">qqq", place, 1_790_000_000_000_000_000 + place, 1) + tail
            previous = hashlib.sha256(b"stella-log-record/v1\0" + previous + record).digest()
            yield log, place, previous, record

    with database:
        database.executemany("insert into log_record (log, number, hash, bytes) values (?, ?, ?, ?)", records())
    database.close()
