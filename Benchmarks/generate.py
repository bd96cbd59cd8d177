#!/usr/bin/env python3
"""Makes the input of the benchmarks: seeded, so that every machine measures the same bytes.

    python3 Benchmarks/generate.py [--into FOLDER] [SET…]

Sets: w1, w1-quick, nginx, nginx-quick, sshd, sshd-quick, keys-1e3 … keys-1e6, keys-quick-1e3, keys-quick-1e5.
Without a set: all full ones. Each file has a `.truth.json` beside it (lines, bytes, distinct keys, hidden incidents); a
file whose truth names this generator's version and the file's size is used again.
"""

import argparse
import itertools
import json
import os
import random
import sys
import tempfile
from datetime import datetime, timedelta, timezone

VERSION = 1
BEGIN = datetime(2026, 6, 1, 8, 0, 0, tzinfo=timezone.utc)
CHUNK = 4096

SERVICES = (
    "api-gateway", "checkout", "catalog", "search", "auth", "payments",
    "inventory", "notifications", "profile", "recommend", "shipping", "reviews",
)  # fmt: skip
RESOURCES = (
    "users", "orders", "items", "carts", "invoices", "sessions", "products", "reviews", "search", "payments",
    "addresses", "coupons", "wishlists", "shipments", "tickets", "reports", "images", "tags", "stores", "settings",
)  # fmt: skip
SUFFIXES = ("", "/list", "/{id}", "/{id}/details", "/batch", "/export", "/status", "/stats", "/archive", "/history")
ROUTES = [f"/api/v{1 + n % 2}/{RESOURCES[n % 20]}{SUFFIXES[n // 20]}" for n in range(200)]
LOGIN_ROUTE = 7
ROUTES[LOGIN_ROUTE] = "/api/v1/auth/login"
METHODS = ("GET", "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH")
ERROR_TYPES = (
    "TimeoutError", "NullPointerException", "DatabaseConnectionError", "ValidationError",
    "UpstreamUnavailable", "RateLimitExceeded", "SerializationError", "PermissionDenied",
)  # fmt: skip
REGIONS = ("eu-west-1", "us-east-1", "us-west-2", "ap-south-1", "eu-central-1")
INFO_MESSAGES = (
    "request completed", "request handled successfully",
    "cache hit, response served from edge", "response sent to client",
)  # fmt: skip
WARN_MESSAGES = (
    "slow upstream response, retry scheduled", "validation failed for field 'address'",
    "deprecated client version in use",
)  # fmt: skip
ERROR_MESSAGES = (
    "unhandled exception while processing request", "upstream call failed after 3 retries",
    "could not acquire database connection from pool",
)  # fmt: skip
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "curl/8.14.1",
    "okhttp/4.12.0",
)  # fmt: skip


def cache_folder():
    """$STELLA_BENCH_DATA, else stella-bench in the temporary folder."""
    return os.environ.get("STELLA_BENCH_DATA") or os.path.join(tempfile.gettempdir(), "stella-bench")


def long_tail(source, count, exponent, size=1 << 16):
    """`size` indices below `count`, the n-th about 1/n^exponent as often as the first."""
    weights = itertools.accumulate(1.0 / (n + 1) ** exponent for n in range(count))
    return source.choices(range(count), cum_weights=list(weights), k=size)


class Writer:
    """Appends lines to a partial file and puts it in place, with its truth, only when it is whole."""

    def __init__(self, path, seed):
        self.path, self.seed, self.lines, self.bytes, self.pending = path, seed, 0, 0, []
        self.file = open(path + ".partial", "w", encoding="ascii", newline="\n", buffering=1 << 20)

    def add(self, line):
        self.pending.append(line)
        if len(self.pending) == CHUNK:
            self.flush()

    def flush(self):
        text = "".join(self.pending)
        self.lines += len(self.pending)
        self.bytes += len(text)
        self.pending.clear()
        self.file.write(text)

    def finish(self, **truth):
        self.flush()
        self.file.close()
        os.replace(self.path + ".partial", self.path)
        record = {"generator": VERSION, "seed": self.seed, "lines": self.lines, "bytes": self.bytes, **truth}
        with open(self.path + ".truth.json", "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)


class Incidents:
    """Bursts of events with forced fields, spread over the file; `at` maps an event's index to what it must be."""

    def __init__(self, source, count, window):
        self.source, self.count, self.window = source, count, min(count // 4, window)
        self.at, self.truth = {}, []

    def span(self, number, of, phase, windows=1):
        """The first and last event of incident `number` out of `of`."""
        width = min(windows * self.window, self.count // 2)
        first = min(int(self.count * (number + phase) / of), self.count - width - 1)
        return first, first + width

    def burst(self, span, events, forced, **truth):
        events = min(events, (span[1] - span[0]) // 2)
        for index in self.source.sample(range(*span), events):
            self.at[index] = forced
        self.truth.append({**truth, "from": span[0], "to": span[1], "events": events})


def service_log(path, seed, count, users=50_000, incidents=True, per_second=500):
    """W1: JSON lines of about 407 bytes and 12 fields, 1 % ERROR, 200 routes in a long tail, `users` uniform users."""
    source = random.Random(seed)
    unit, bits = source.random, source.getrandbits
    popular = long_tail(source, len(ROUTES), 0.8)
    plan = Incidents(source, count, 60 * per_second)
    slow = []
    if incidents:
        share = min(1.0, count / 2_000_000)
        number = max(1, round(20 * share))
        for n in range(number):
            route, kind = 3 + (n * 9) % 190, ERROR_TYPES[n % 8]
            truth = {"kind": "error_spike", "route": ROUTES[route], "service": SERVICES[route % 12], "errorType": kind}
            plan.burst(plan.span(n, number, 0.3), 300, ("error", route, kind, None), **truth)
            first, last = plan.span(n, number, 0.7, windows=2)
            slow.append((first, last, n % 40))
            plan.truth.append({"kind": "latency", "route": ROUTES[n % 40], "factor": 6, "from": first, "to": last})
        number = max(1, round(50 * share))
        for n in range(number):
            route, user = (11 + 3 * n) % 200, 1000 + 37 * n
            truth = {"kind": "friction", "userId": f"u{user:06d}", "route": ROUTES[route]}
            plan.burst(plan.span(n, number, 0.5), 12, ("friction", route, user, None), **truth)
        number = max(1, round(10 * share))
        for n in range(number):
            user, address = 20_000 + 101 * n, f"198.18.{n}.77"
            truth = {"kind": "bruteforce", "userId": f"u{user:06d}", "ip": address}
            plan.burst(plan.span(n, number, 0.1), 60, ("login", LOGIN_ROUTE, user, address), **truth)
        slow.sort()

    forced_at, out = plan.at, Writer(path, seed)
    levels, seen = {"INFO": 0, "WARN": 0, "ERROR": 0}, bytearray(max(users, 30_000))
    step, now, second, prefix = 1000.0 / per_second, 0.0, None, ""
    for index in range(count):
        now += step * (0.5 + unit())
        millisecond = int(now)
        if millisecond // 1000 != second:
            second = millisecond // 1000
            prefix = (BEGIN + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")
        dice, random_bits, kind = unit(), bits(64), ""
        route, user = popular[random_bits & 0xFFFF], int(users * unit())
        address = f"10.{random_bits >> 16 & 31}.{random_bits >> 24 & 255}.{random_bits >> 32 & 255}"
        method = METHODS[(random_bits >> 40) % 9]
        duration = 5.0 + 90.0 * unit() * unit()
        if random_bits >> 50 & 63 == 0:
            duration += 800.0 * unit() * unit()
        if dice < 0.9735:
            level, status, message = "INFO", 200, INFO_MESSAGES[(random_bits >> 52) % 4]
        elif dice < 0.993:
            level, status, message = (
                "WARN",
                429 if random_bits >> 44 & 1 else 400,
                WARN_MESSAGES[(random_bits >> 52) % 3],
            )
        else:
            level, status, message = "ERROR", 500 + (random_bits >> 44) % 4, ERROR_MESSAGES[(random_bits >> 52) % 3]
            kind = ERROR_TYPES[random_bits >> 46 & 7]
            duration += 1200.0 * unit()
        forced = forced_at.get(index)
        if forced:
            route = forced[1]
            if forced[0] == "error":
                level, status, kind, message = "ERROR", 503, forced[2], ERROR_MESSAGES[1]
                duration = 600.0 + 2500.0 * unit()
            elif forced[0] == "friction":
                level, status, kind, message = "WARN", 422, "ValidationError", WARN_MESSAGES[1]
                user, method = forced[2], "POST"
            else:
                level, status, kind, message = "WARN", 401, "PermissionDenied", "login failed: bad credentials"
                user, address, method = forced[2], forced[3], "POST"
        while slow and index > slow[0][1]:
            slow.pop(0)
        for first, _, affected in slow:
            if first > index:
                break
            if affected == route:
                duration = duration * 6.0 + 150.0
        levels[level] += 1
        seen[user] = 1
        service = SERVICES[route % 12]
        out.add(
            f'{{"timestamp":"{prefix}.{millisecond % 1000:03d}Z","level":"{level}","service":"{service}",'
            f'"route":"{ROUTES[route]}","method":"{method}","status":{status},"duration_ms":{duration:.2f},'
            f'"userId":"u{user:06d}","errorType":"{kind}","message":"{message}","trace_id":"{bits(128):032x}",'
            f'"metadata":{{"region":"{REGIONS[(random_bits >> 20) % 5]}",'
            f'"pod":"{service}-{random_bits >> 30 & 15:x}{random_bits >> 34 & 255:02x}",'
            f'"version":"2.14.{random_bits >> 60 & 7}","ip":"{address}","bytes":{random_bits >> 8 & 65535},'
            f'"retry":{random_bits >> 3 & 1},"cache":{"true" if random_bits >> 4 & 1 else "false"}}}}}\n'
        )
    out.finish(levels=levels, event_seconds=round(now / 1000, 3), users=sum(seen), incidents=plan.truth)


PROBES = (
    "/wp-login.php", "/.env", "/.git/config", "/phpmyadmin/", "/admin.php",
    "/config.json", "/backup.zip", "/wp-config.php", "/server-status", "/old/index.php",
)  # fmt: skip


def nginx_log(path, seed, count, per_second=500):
    """nginx's combined format: 2,000 paths in a long tail; scanners, password guessing, SQL injection, traversal."""
    source = random.Random(seed)
    unit, bits = source.random, source.getrandbits
    paths = [f"/{RESOURCES[n % 20]}/{n}" for n in range(1500)]
    paths += [f"/static/{RESOURCES[n % 20]}-{n}.{('js', 'css', 'png', 'woff2')[n % 4]}" for n in range(500)]
    popular = long_tail(source, len(paths), 0.9)
    plan, share, number = Incidents(source, count, 60 * per_second), min(1.0, count / 2_000_000), 0
    for kind, times, events in (("probing", 20, 80), ("login", 10, 60), ("sqli", 10, 40), ("traversal", 10, 40)):
        times = max(1, round(times * share))
        for n in range(times):
            address = f"198.18.{number}.{10 + n}"
            number += 1
            plan.burst(plan.span(n, times, 0.4), events, (kind, address), kind=kind, ip=address)
    out, now, second, stamp, serial = Writer(path, seed), 0.0, None, "", 0
    for index in range(count):
        now += 1000.0 / per_second * (0.5 + unit())
        if int(now) // 1000 != second:
            second = int(now) // 1000
            stamp = (BEGIN + timedelta(seconds=second)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        random_bits, dice = bits(64), unit()
        address = f"100.{64 + (random_bits >> 16 & 63)}.{random_bits >> 22 & 255}.{random_bits >> 30 & 63}"
        target, method = paths[popular[random_bits & 0xFFFF]], "GET" if random_bits >> 36 & 7 else "POST"
        status = 200 if dice < 0.90 else 304 if dice < 0.95 else 301 if dice < 0.97 else 404 if dice < 0.99 else 500
        forced = plan.at.get(index)
        if forced:
            kind, address = forced
            serial += 1
            method = "GET"
            if kind == "probing":
                target, status = f"{'' if serial % 3 else f'/site{serial % 80}'}{PROBES[serial % 10]}", 404
            elif kind == "login":
                target, status, method = "/wp-login.php", 200, "POST"
            elif kind == "sqli":
                target, status = f"/items/{serial}?id=1%20UNION%20SELECT%20password%20FROM%20users--", 200
            else:
                target, status = f"/download?f=../../../../etc/passwd&n={serial}", 400
        out.add(
            f'{address} - - [{stamp}] "{method} {target} HTTP/1.1" {status} {random_bits >> 45 & 65535} '
            f'"https://shop.example.com/{RESOURCES[(random_bits >> 50) % 20]}" "{AGENTS[(random_bits >> 40) % 6]}"\n'
        )
    out.finish(event_seconds=round(now / 1000, 3), incidents=plan.truth)


GUESSED = ("admin", "test", "oracle", "postgres", "ubuntu", "git", "deploy", "user", "guest", "pi", "ftp", "mysql")


def sshd_log(path, seed, count, per_second=50):
    """sshd in the traditional syslog format: the internet's usual failures, sessions, and brute force by address."""
    source = random.Random(seed)
    unit, bits = source.random, source.getrandbits
    plan, number = Incidents(source, count, 60 * per_second), max(2, round(200 * min(1.0, count / 1_000_000)))
    for n in range(number):
        address = f"198.19.{n % 256}.{10 + n // 256}"
        plan.burst(plan.span(n, number, 0.4), 30, address, kind="ssh_bruteforce", ip=address)
    out, now, second, stamp = Writer(path, seed), 0.0, None, ""
    for index in range(count):
        now += 1000.0 / per_second * (0.5 + unit())
        if int(now) // 1000 != second:
            second = int(now) // 1000
            moment = BEGIN + timedelta(seconds=second)
            stamp = f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"
        random_bits, dice, forced = bits(64), unit(), plan.at.get(index)
        port, guess = 1024 + (random_bits >> 16) % 60000, GUESSED[(random_bits >> 54) % 12]
        person = (random_bits >> 54) % 40
        outside = f"100.{64 + (random_bits >> 32 & 63)}.{random_bits >> 38 & 255}.{random_bits >> 46 & 255}"
        inside = f"10.0.{random_bits >> 38 & 15}.{random_bits >> 46 & 255}"
        if forced or dice < 0.12:
            invalid = "invalid user " if random_bits >> 60 & 1 else ""
            text = f"Failed password for {invalid}{guess} from {forced or outside} port {port} ssh2"
        elif dice < 0.18:
            text = f"Invalid user {guess} from {outside} port {port}"
        elif dice < 0.40:
            text = f"Accepted publickey for dev{person:02d} from {inside} port {port} ssh2: ED25519 SHA256:{bits(128):032x}"
        elif dice < 0.60:
            text = f"pam_unix(sshd:session): session opened for user dev{person:02d}(uid={1000 + person}) by (uid=0)"
        elif dice < 0.80:
            text = f"pam_unix(sshd:session): session closed for user dev{person:02d}"
        elif dice < 0.92:
            text = f"Disconnected from user dev{person:02d} {inside} port {port}"
        else:
            text = f"Received disconnect from {inside} port {port}:11: disconnected by user"
        out.add(f"{stamp} host{random_bits >> 61 & 3} sshd[{2000 + (random_bits & 32767)}]: {text}\n")
    out.finish(event_seconds=round(now / 1000, 3), incidents=plan.truth)


SETS = {
    "w1": lambda path: service_log(path, 1001, 2_000_000),
    "w1-quick": lambda path: service_log(path, 1002, 200_000),
    "nginx": lambda path: nginx_log(path, 2001, 1_000_000),
    "nginx-quick": lambda path: nginx_log(path, 2002, 100_000),
    "sshd": lambda path: sshd_log(path, 3001, 1_000_000),
    "sshd-quick": lambda path: sshd_log(path, 3002, 100_000),
}
for power in (3, 4, 5, 6):
    SETS[f"keys-1e{power}"] = lambda path, power=power: service_log(
        path, 4000 + power, 1_000_000, users=10**power, incidents=False
    )
for power in (3, 5):
    SETS[f"keys-quick-1e{power}"] = lambda path, power=power: service_log(
        path, 4100 + power, 200_000, users=10**power, incidents=False
    )


def path_of(name, folder):
    return os.path.join(folder, name + (".log" if name.startswith(("nginx", "sshd")) else ".jsonl"))


def truth_of(path):
    with open(path + ".truth.json", encoding="utf-8") as file:
        return json.load(file)


def is_current(path):
    try:
        truth = truth_of(path)
        return truth.get("generator") == VERSION and truth.get("bytes") == os.path.getsize(path)
    except (OSError, ValueError):
        return False


def ensure(name, folder):
    """The path of the set, made now unless a whole one of this version is there."""
    path = path_of(name, folder)
    if not is_current(path):
        os.makedirs(folder, exist_ok=True)
        print(f"bench: making {path} (seeded, kept for the next run)", file=sys.stderr, flush=True)
        SETS[name](path)
    return path


def main():
    parser = argparse.ArgumentParser(description="Makes the seeded input files of the benchmarks.")
    parser.add_argument("--into", default=cache_folder(), help="folder (default: %(default)s)")
    parser.add_argument("sets", nargs="*", metavar="SET", help="one of: " + ", ".join(SETS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sets if name not in SETS]
    if unknown:
        parser.error(f"no such set: {', '.join(unknown)}")
    for name in arguments.sets or [name for name in SETS if "quick" not in name]:
        print(ensure(name, arguments.into))


if __name__ == "__main__":
    main()
