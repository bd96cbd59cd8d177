"""What embedding the engine costs a host: the program EmbeddingCost, run and asked."""

import json
import os
import signal
import subprocess
import threading
import urllib.request

CONNECTIONS, SECONDS, ROUNDS = 16, 1, 40
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

    def load(self, name, seconds=SECONDS):
        """Requests a second that one of them answers, and the CPU µs that the process spends on each."""
        before = self.cpu()
        done = subprocess.run(
            [self.program, "load", str(self.ports[name]), str(CONNECTIONS), str(seconds)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60)
        if done.returncode:
            raise RuntimeError(f"EmbeddingCost load ended with {done.returncode}: {done.stderr[-1000:]}")
        found = json.loads(done.stdout)
        return found["requests"] / found["seconds"], (self.cpu() - before) / found["requests"] * 1e6

    def events(self):
        """Events that rules have seen, and those that found no room."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['embedding']}/events", timeout=10) as answer:
            found = json.load(answer)
        return found["read"], found["dropped"]

    def cpu(self):
        """Seconds of all its threads, to the nanosecond; none of them ends meanwhile."""
        folder, spent = f"/proc/{self.process.pid}/task", 0
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/schedstat", encoding="ascii") as file:
                spent += int(file.read().split()[0])
        return spent / 1e9

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def rounds(host, count=ROUNDS, seconds=SECONDS):
    """For each round, requests a second and CPU µs of each, which take turns in who comes first.

    Rounds are short, since what disturbs a machine comes and goes."""
    for name in host.ports:
        host.load(name, 1)
    found, names = [], sorted(host.ports)
    for turn in range(count):
        found.append({name: host.load(name, seconds) for name in names})
        names = names[1:] + names[:1]
    return found
