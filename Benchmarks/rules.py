"""Writes the rule families of the benchmarks as Lua files, one rule per file, into a folder of their own."""

import os
import shutil

HEAD = """return rule {{
  api = 1, id = "bench.{id}", title = "Benchmark rule {id}", severity = "low", status = "test",
{body}}}
"""


def threshold(condition, key, count, within="60s", extra=""):
    return (
        f'  where = [[{condition}]], by = {{ "{key}" }},{extra}\n'
        f'  threshold = {{ count = {count}, within = "{within}", window = "from_first" }}, suppress_for = "0s",\n'
    )


def family_f(i):
    """About 1 % of the events pass; counted per route."""
    return threshold(f'level == "ERROR" and duration_ms > {500 + i % 50}', "route", 20 + i % 7)


def family_c(i):
    """Every event is counted, per user."""
    return threshold("true", "userId", 30 + i % 7, extra=" max_keys = 1000000,")


def family_l(_):
    """Enters Lua on every event."""
    return (
        '  where = "true",\n'
        '  on = function(e, s) if e.level == "error" and e.duration_ms > 500 then s.n = (s.n or 0) + 1 end end,\n'
    )


def family_idle(i):
    """Loaded with a Lua state of its own, and never matched: no such route is in the input."""
    return (
        f'  where = [[route == "/nowhere/{i:04d}" and duration_ms > {i}]], by = {{ "userId" }},\n'
        '  state = { n = window.count("5m") },\n'
        "  on = function(e, s)\n"
        "    s.n:add(e)\n"
        '    if s.n:count() > 10 then return alert { value = s.n:count(), summary = "{userId}: {value}" } end\n'
        "  end,\n"
    )


# The whole input lies within the window, so that every key stays live; the counts are never reached.
def keys_threshold(_):
    return threshold("true", "userId", 1_000_000, within="2h", extra=' max_keys = 2000000, state_memory = "1GiB",')


def keys_window(_):
    return (
        '  where = "true", by = { "userId" }, max_keys = 2000000, state_memory = "1GiB",\n'
        '  state = { n = window.count("2h") },\n'
        "  on = function(e, s)\n"
        "    s.n:add(e)\n"
        "    if s.n:count() > 1000000000 then return alert { value = s.n:count() } end\n"
        "  end,\n"
    )


FAMILIES = {
    "F": family_f,
    "C": family_c,
    "L": family_l,
    "idle": family_idle,
    "keys-threshold": keys_threshold,
    "keys-window": keys_window,
}


def write(family, count, folder):
    """Writes `count` rules of the family, numbered from 0, into `folder`/FAMILY-COUNT and returns that path."""
    path = os.path.join(folder, f"{family}-{count}")
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    for i in range(count):
        name = f"{family.lower().replace('-', '_')}{i:04d}"
        with open(os.path.join(path, name + ".lua"), "w", encoding="ascii") as file:
            file.write(HEAD.format(id=name, body=FAMILIES[family](i)))
    return path
