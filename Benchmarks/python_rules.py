#!/usr/bin/env python3
"""The plain Python way, as a comparison anyone can repeat: one closure per rule, every rule called on every event.

    python3 Benchmarks/python_rules.py F|C RULES FILE [LINES]     JSON lines, orjson where it is installed
    python3 Benchmarks/python_rules.py sshd 1 FILE [LINES]        one brute-force rule: regex, 10 failures in 60 s

Prints one JSON object. Rules as in ceiling.cpp.
"""

import itertools
import json
import re
import sys
from calendar import timegm

try:
    from orjson import loads

    PARSER = "orjson"
except ImportError:
    loads = json.loads
    PARSER = "json"

WINDOW = 60_000


class Alerts:
    count = 0


def count_into(windows, key, time, limit):
    window = windows.get(key)
    if window is None:
        windows[key] = window = [time, 0]
    elif time - window[0] >= WINDOW:
        window[0] = time
        window[1] = 0
    window[1] += 1
    if window[1] == limit:
        Alerts.count += 1


def rule_f(i):
    slower, limit, windows = 500 + i % 50, 20 + i % 7, {}

    def rule(event, time):
        if event["level"] == "ERROR" and event["duration_ms"] > slower:
            count_into(windows, event["route"], time, limit)

    return rule


def rule_c(i):
    limit, windows = 30 + i % 7, {}

    def rule(event, time):
        count_into(windows, event["userId"], time, limit)

    return rule


def time_of_day(text):
    """Milliseconds of "08:00:00"."""
    return int(text[0:2]) * 3_600_000 + int(text[3:5]) * 60_000 + int(text[6:8]) * 1000


def run_json(lines, rules):
    events, date, day = 0, "", 0
    for line in lines:
        event = loads(line)
        text = event["timestamp"]
        if text[:10] != date:
            date = text[:10]
            day = timegm((int(date[:4]), int(date[5:7]), int(date[8:10]), 0, 0, 0)) * 1000
        time = day + time_of_day(text[11:19]) + int(text[20:23])
        for rule in rules:
            rule(event, time)
        events += 1
    return events


def run_sshd(lines):
    failed = re.compile(rb"sshd\[\d+\]: Failed password for (?:invalid user )?\S+ from (\S+) port")
    events, windows = 0, {}
    for line in lines:
        events += 1
        match = failed.search(line)
        if match:
            time = int(line[4:6]) * 86_400_000 + time_of_day(line[7:15])
            count_into(windows, match.group(1), time, 10)
    return events


def main():
    family, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    limit = int(sys.argv[4]) if len(sys.argv) > 4 else None
    with open(path, "rb") as file:
        lines = itertools.islice(file, limit)
        if family == "sshd":
            events = run_sshd(lines)
        else:
            events = run_json(lines, [(rule_f if family == "F" else rule_c)(i) for i in range(count)])
    parser = "re" if family == "sshd" else PARSER
    print(json.dumps({"events": events, "alerts": Alerts.count, "parser": parser}))


if __name__ == "__main__":
    main()
