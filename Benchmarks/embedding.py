"""What embedding the engine costs a host: the program EmbeddingCost, run and asked."""

import json
import os
import signal
import subprocess
import threading
import urllib.request

CONNECTIONS, ROUNDS = 16, 150
READY = 60  # seconds for a start


class Host:
    """Three servers in one process: `plain`, its like `control`, and `embedding`, whose log calls a running engine reads as well."""

    def __init__(self, program, rules, folder):
        self.program = program
        self.process = subprocess.Popen(
            [program, "serve", rules], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        patience = threading.Timer(READY, self.process.kill)
        patience.start()
        line = self.process.stdout.readline()
        patience.cancel()
        if not line:
            self.process.kill()
            raise RuntimeError("EmbeddingCost serve didn't start: " + self.process.stderr.read()[-2000:])
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.ports = {name: int(port) for name, port in json.loads(line).items()}

    def rounds(self, count=ROUNDS):
        """For each round, by server, requests a second and the CPU µs that the process spends on each."""
        names = sorted(self.ports)
        done = subprocess.run(
            [self.program, "load", str(self.process.pid), str(CONNECTIONS), str(count)]
            + [str(self.ports[name]) for name in names],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=count * 2 + 60)
        if done.returncode:
            raise RuntimeError(f"EmbeddingCost load ended with {done.returncode}: {done.stderr[-1000:]}")
        return [
            {name: (one[f"requests_{place}"], one[f"cpu_{place}"]) for place, name in enumerate(names)}
            for one in map(json.loads, done.stdout.splitlines())
        ]

    def events(self):
        """Events that rules have seen, and those that found no room."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['embedding']}/events", timeout=10) as answer:
            found = json.load(answer)
        return found["read"], found["dropped"]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
