"""How many events a second a server takes in over HTTP, whether any is lost when it is killed, and whether its memory is flat."""

import json
import os
import re
import selectors
import time

from server import Server

BATCH, CONNECTIONS = 1000, 8
COUNTER = """return rule {
  api = 1, id = "bench.counter", title = "Events", severity = "low", status = "test",
  where = [[n ~= nil]], by = { "service" }, max_keys = 10,
  state = { seen = 0 },
  on = function(e, s)
    if e.last == "yes" then return alert { value = s.seen, summary = "{value}" } end
    s.seen = s.seen + 1
  end,
  suppress_for = "0s",
}
"""


def request(body):
    head = f"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def requests_of(path, events):
    """Requests with BATCH lines each from the start of a file, as many as hold `events`."""
    with open(path, "rb") as file:
        lines = [file.readline() for _ in range(events)]
    return [request(b"".join(lines[at : at + BATCH])) for at in range(0, events, BATCH)]


class Poster:
    """Posts requests over several connections, each the next one as soon as the last is answered."""

    def __init__(self, server, requests, connections=CONNECTIONS):
        self.requests, self.next, self.acknowledged, self.refused = requests, 0, 0, 0
        self.selector = selectors.DefaultSelector()
        for _ in range(connections):
            connection = server.connect()
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ, {"out": b"", "answer": b"", "asked": None})
            self.ask(self.selector.get_key(connection))

    def ask(self, key):
        if self.next >= len(self.requests):
            self.selector.unregister(key.fileobj)
            key.fileobj.close()
            return
        key.data.update(out=memoryview(self.requests[self.next]), asked=self.next, answer=b"")
        self.next += 1
        self.send(key)

    def send(self, key):
        state = key.data
        try:
            while state["out"]:
                state["out"] = state["out"][key.fileobj.send(state["out"]):]
        except BlockingIOError:
            pass
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if state["out"] else 0)
        self.selector.modify(key.fileobj, wanted, state)

    def step(self, patience=1.0):
        for key, events in self.selector.select(patience):
            if events & selectors.EVENT_WRITE:
                self.send(key)
            if events & selectors.EVENT_READ:
                data = key.fileobj.recv(65536)
                if not data:
                    raise ConnectionResetError
                key.data["answer"] += data
                if answer := whole(key.data["answer"]):
                    if answer.startswith(b"HTTP/1.1 2"):
                        self.acknowledged += 1
                    else:
                        self.refused += 1
                    self.ask(key)

    @property
    def is_done(self):
        return not self.selector.get_map()

    def run(self, seconds=120):
        end = time.monotonic() + seconds
        while not self.is_done and time.monotonic() < end:
            self.step()
        return self.acknowledged


def whole(answer):
    """An answer, when it is there with its body."""
    head, found, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    return answer if found and len(body) >= (int(length[1]) if length else 0) else None


def throughput(server, path, events):
    """Events/s until all are acknowledged, and until rules have seen all of them."""
    requests = requests_of(path, events)
    before = server.figure("stella_events_total")
    begin = time.monotonic()
    poster = Poster(server, requests)
    acknowledged = poster.run()
    taken = time.monotonic() - begin
    while server.figure("stella_events_total") - before < events and time.monotonic() - begin < 120:
        time.sleep(0.05)
    return acknowledged, events / taken, events / (time.monotonic() - begin)


def killed(stella, folder, kills=3, seconds=2.0):
    """Batches that were acknowledged and events that rules saw, when the server is killed again and again under load."""
    rules = os.path.join(folder, "Rules")
    os.makedirs(rules, exist_ok=True)
    with open(os.path.join(rules, "counter.lua"), "w", encoding="ascii") as file:
        file.write(COUNTER)
    server, acknowledged, sent = Server(stella, folder), 0, 0
    line = b'{"ts":%d,"level":"info","service":"shop","message":"one","n":%d}\n'
    for turn in range(kills):
        requests = [
            request(b"".join(line % (1_700_000_000 + turn * 3600 + batch, n) for n in range(100))) for batch in range(3000)
        ]
        poster, end = Poster(server, requests), time.monotonic() + seconds
        while time.monotonic() < end and not poster.is_done:
            poster.step(0.1)
        server.kill()
        acknowledged += poster.acknowledged * 100
        sent += poster.next * 100
        server.start()
    last = b'{"ts":%d,"level":"info","service":"shop","message":"end","n":0,"last":"yes"}\n' % (1_700_000_000 + kills * 3600)
    Poster(server, [request(last)], 1).run(30)
    seen, end = None, time.monotonic() + 60
    while seen is None and time.monotonic() < end:
        time.sleep(0.2)
        with open(os.path.join(folder, "alerts.ndjson"), "rb") as file:
            for alert in file:
                if b'"bench.counter"' in alert:
                    seen = int(json.loads(alert)["value"])
    server.end()
    return acknowledged, seen, sent


def listener(server):
    """A client of the stream that never waits."""
    client = server.connect()
    client.sendall(b"GET /api/v1/stream?types=event,alert HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.setblocking(False)
    return client


def has_ended(client, room):
    """Reads what is there, and whether that was the end: the system resets what waits too long for one that was dropped."""
    try:
        return not client.recv(room)
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def soak(server, path, minutes, rate=20_000, clients=100):
    """Resident memory while events come at a rate and clients listen, one of ten of them too slowly: samples of (s, MB)."""
    requests = requests_of(path, 200_000)
    listeners = []
    for _ in range(clients):
        listeners.append(listener(server))
    samples, sent, begin = [], 0, time.monotonic()
    connection = server.connect()
    next_sample = begin + 5
    while (now := time.monotonic()) < begin + minutes * 60:
        if sent * BATCH < (now - begin) * rate:
            connection.sendall(requests[sent % len(requests)])
            answer = b""
            while not whole(answer):
                answer += connection.recv(65536)
            sent += 1
        for place, client in enumerate(listeners):
            # Every tenth reads next to nothing, and is dropped; another comes for it.
            if has_ended(client, 256 if place % 10 == 0 else 1 << 20):
                client.close()
                listeners[place] = listener(server)
        if now >= next_sample:
            next_sample += 5
            samples.append((now - begin, server.resident_mb()))
    for client in [*listeners, connection]:
        client.close()
    return samples, sent * BATCH
