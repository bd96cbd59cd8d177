"""How long a log line takes to a client of the live stream, and how many clients there can be."""

import json
import os
import re
import selectors
import signal
import socket
import subprocess
import threading
import time

RATE, SECONDS, TICK = 20_000, 10, 0.002


class Server:
    """A `stella serve` over one file in a folder of its own."""

    def __init__(self, stella, work):
        self.folder = os.path.join(work, "stream")
        rules = os.path.join(self.folder, "Rules")
        os.makedirs(rules, exist_ok=True)
        with open(os.path.join(rules, "slow.lua"), "w", encoding="ascii") as file:
            file.write(
                'return rule { api = 1, id = "bench.slow", title = "Slow", severity = "low", status = "test", '
                'where = [[status >= 500]], by = { "route" }, threshold = { count = 1000000, within = "1m" } }\n')
        with open(os.path.join(self.folder, "stella.yaml"), "w", encoding="ascii") as file:
            file.write("server: { listen: '127.0.0.1:0' }\n")
        self.log = os.path.join(self.folder, "app.jsonl")
        open(self.log, "w").close()
        self.process = subprocess.Popen(
            [stella, "serve", "app.jsonl"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.port = None
        for line in self.process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
            if "watching" in line:
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def listen(self, query=""):
        client = socket.create_connection(("127.0.0.1", self.port))
        client.sendall(f"GET /api/v1/stream?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while b"retry:" not in answer:
            answer += client.recv(65536)
        return client

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


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
    with open(server.log, "ab", buffering=0) as file:
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
    """Seconds until `count` clients have all of `lines`, written one after another; and how many got all of them."""
    clients = [server.listen("types=event&level=error") for _ in range(count)]
    selector = selectors.DefaultSelector()
    seen = dict.fromkeys(clients, 0)
    for client in clients:
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ)
    begin = time.monotonic()
    with open(server.log, "ab", buffering=0) as file:
        for n in range(lines):
            file.write(json.dumps({"level": "error", "message": "crowd", "n": n}).encode() + b"\n")
    left = count
    while left and time.monotonic() - begin < 60:
        for key, _ in selector.select(1):
            data = key.fileobj.recv(1 << 18)
            before = seen[key.fileobj]
            seen[key.fileobj] += data.count(b"event: event")
            if before < lines <= seen[key.fileobj]:
                left -= 1
    seconds = time.monotonic() - begin
    for client in clients:
        client.close()
    return seconds, count - left
