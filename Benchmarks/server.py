"""A `stella serve` in a folder of its own, as the benchmarks need it."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import urllib.parse
import urllib.request

READY = 300  # seconds for a start, also after a kill with much to read again


class Server:
    """A server with the rules in the folder's `Rules`. What it keeps outlives it; `start` goes on with that."""

    def __init__(self, stella, folder, arguments=(), starts=True):
        self.stella, self.folder, self.arguments, self.process = stella, folder, arguments, None
        os.makedirs(os.path.join(folder, "Rules"), exist_ok=True)
        with open(os.path.join(folder, "stella.yaml"), "w", encoding="ascii") as file:
            file.write("server: { listen: '127.0.0.1:0' }\n")
        if starts:
            self.start()

    def start(self):
        """Returns when it watches its sources. Alerts go to `alerts.ndjson`."""
        self.alerts = open(os.path.join(self.folder, "alerts.ndjson"), "ab")
        self.process = subprocess.Popen(
            [self.stella, "serve", "--rules", "Rules", "--output", "json", *self.arguments], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=self.alerts, stderr=subprocess.PIPE, text=True)
        self.port, said = None, []
        patience = threading.Timer(READY, self.process.kill)
        patience.start()
        for line in self.process.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
            if "watching" in line:
                break
        patience.cancel()
        if not self.port:
            raise RuntimeError("stella serve didn't start: " + "".join(said)[-2000:])
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def rule(self, name, text):
        with open(self.path(os.path.join("Rules", name)), "w", encoding="ascii") as file:
            file.write(text)

    def get(self, path, **parameters):
        """The text of an answer, and where it goes on."""
        query = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{query}", timeout=60) as answer:
            return answer.read().decode(), answer.headers.get("stella-next")

    def figures(self):
        return {m["name"]: m["samples"][0]["value"] for m in json.loads(self.get("/health/metrics")[0])["metrics"]}

    def figure(self, name):
        return float(self.figures().get(name, 0))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port))

    def listen(self, query="", receive_buffer=None):
        """A client of the live stream that has got its head."""
        client = socket.socket(socket.AF_INET)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(("127.0.0.1", self.port))
        client.sendall(f"GET /api/v1/stream?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while b"retry:" not in answer:
            data = client.recv(65536)
            if not data:
                raise ConnectionResetError(answer.decode(errors="replace")[:500])
            answer += data
        return client

    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.alerts.close()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            self.alerts.close()
