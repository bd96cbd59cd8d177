"""How long a log line takes to a client of the live stream, and how many clients there can be."""

import json
import selectors
import threading
import time

from server import Server

RATE, SECONDS, TICK = 20_000, 10, 0.002


SLOW = """return rule { api = 1, id = "bench.slow", title = "Slow", severity = "low", status = "test",
  where = [[status >= 500]], by = { "route" }, threshold = { count = 1000000, within = "1m" } }
"""


def serve(stella, folder):
    """A server over one file, which is empty."""
    server = Server(stella, folder, ["app.jsonl"], starts=False)
    server.rule("slow.lua", SLOW)
    open(server.path("app.jsonl"), "w").close()
    server.start()
    return server


def latencies(server, rate=RATE, seconds=SECONDS):
    """Milliseconds from the write of a line to its message at one client, for every line of the run; sorted."""
    client = server.listen("types=event")
    total = rate * seconds
    found = []

    def read():
        rest = b""
        while len(found) < total:
            data = client.recv(1 << 20)
            now = time.monotonic_ns()
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if (place := line.find(b'"sent":')) >= 0:
                    found.append((now - int(line[place + 7 : line.index(b"}", place)])) / 1e6)

    reader = threading.Thread(target=read)
    reader.start()
    with open(server.path("app.jsonl"), "ab", buffering=0) as file:
        begin = time.monotonic()
        written = 0
        while written < total:
            due = min(total, int((time.monotonic() - begin) * rate))
            if due > written:
                sent = time.monotonic_ns()
                file.write(b"".join(
                    b'{"ts":%d.%03d,"level":"info","service":"shop","message":"request done","route":"/r%d","status":200,'
                    b'"duration_ms":%d,"sent":%d}\n' % (1_700_000_000 + n // rate, n * 1000 // rate % 1000, n % 50, n % 400, sent)
                    for n in range(written, due)))
                written = due
            time.sleep(TICK)
    reader.join(30)
    client.close()
    return sorted(found), total


def crowd(server, count=1000, lines=200):
    """Seconds until `count` clients have all of `lines`, written one after another; how many got all of them; and how much more
    memory the server has then than before, in MB."""
    before = server.resident_mb()
    clients = [server.listen("types=event&level=error") for _ in range(count)]
    selector = selectors.DefaultSelector()
    seen = dict.fromkeys(clients, 0)
    for client in clients:
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ)
    begin = time.monotonic()
    with open(server.path("app.jsonl"), "ab", buffering=0) as file:
        for n in range(lines):
            file.write(json.dumps({"level": "error", "message": "crowd", "n": n}).encode() + b"\n")
    left = count
    while left and time.monotonic() - begin < 60:
        for key, _ in selector.select(1):
            data = key.fileobj.recv(1 << 18)
            had = seen[key.fileobj]
            seen[key.fileobj] += data.count(b"event: event")
            if had < lines <= seen[key.fileobj]:
                left -= 1
    seconds, grown = time.monotonic() - begin, server.resident_mb() - before
    for client in clients:
        client.close()
    return seconds, count - left, grown


def idlers(server, count=1000, lines=40_000):
    """How many of `count` clients that read nothing were dropped while so many lines came, and how much more memory the server has
    then at most, in MB."""
    before = most = server.resident_mb()
    dropped = server.figure("stella_stream_dropped_clients_total")
    clients = [server.listen("types=event", receive_buffer=4096) for _ in range(count)]
    with open(server.path("app.jsonl"), "ab", buffering=0) as file:
        for first in range(0, lines, 100):
            file.write(b"".join(b'{"level":"info","message":"idle","n":%d}\n' % n for n in range(first, first + 100)))
            time.sleep(0.01)
            most = max(most, server.resident_mb())
    end = time.monotonic() + 30
    while (gone := server.figure("stella_stream_dropped_clients_total") - dropped) < count and time.monotonic() < end:
        time.sleep(0.2)
        most = max(most, server.resident_mb())
    for client in clients:
        client.close()
    return int(gone), most - before
