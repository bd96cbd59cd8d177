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


def family_silent(_):
    """Reads every event and matches none."""
    return threshold('userId == "nobody"', "userId", 3)


# The whole input lies within the window, so that every key stays live; the counts are never reached.
def keys_threshold(_):
    return threshold("true", "userId", 1_000_000, within="2h", extra=' max_keys = 2000000, state_memory = "1GiB",')


def keys_script(primitive, body):
    return (
        '  where = "true", by = { "userId" }, max_keys = 2000000, state_memory = "2GiB",\n'
        f"  state = {{ n = {primitive} }},\n"
        f"  on = function(e, s) {body} end,\n"
    )


ALERT_NEVER = "if s.n:count() > 1000000000 then return alert { value = s.n:count() } end"


def keys_window(_):
    return keys_script('window.count("2h")', f"s.n:add(e); {ALERT_NEVER}")


def keys_distinct(_):
    return keys_script('window.distinct("2h")', f"s.n:add(e.route); {ALERT_NEVER}")


def keys_quantile(_):
    return keys_script('window.quantile("2h")', "s.n:add(e.duration_ms)")


def keys_sliding(keys):
    """Eight events of a key in twice the time in which one comes on average, so that some hundred alerts are raised."""
    return (
        '  where = [[true]], by = { "userId" }, max_keys = 2000000, state_memory = "1GiB",\n'
        f'  threshold = {{ count = 8, within = "{max(1, 2 * keys // 1000)}s" }}, suppress_for = "0s",\n'
    )


FAMILIES = {
    "F": family_f,
    "C": family_c,
    "L": family_l,
    "idle": family_idle,
    "silent": family_silent,
    "keys-threshold": keys_threshold,
    "keys-window": keys_window,
    "keys-distinct": keys_distinct,
    "keys-quantile": keys_quantile,
}
# One rule each, by the number of keys of the input.
COUNTED = {
    "from_first threshold": keys_threshold,
    "sliding threshold": keys_sliding,
    "window.count": keys_window,
    "window.distinct": keys_distinct,
    "window.quantile": keys_quantile,
}


def write(family, count, folder):
    """Writes `count` rules of the family, numbered from 0, into `folder`/FAMILY-COUNT and returns that path."""
    path = empty_folder(folder, f"{family}-{count}")
    for i in range(count):
        write_one(path, f"{family.lower().replace('-', '_')}{i:04d}", FAMILIES[family](i))
    return path


def write_counted(name, keys, folder):
    """Writes the rule of ``COUNTED`` for an input with so many keys into a folder of its own and returns that path."""
    path = empty_folder(folder, f"counted-{keys}")
    write_one(path, "counted", COUNTED[name](keys))
    return path


def empty_folder(folder, name):
    path = os.path.join(folder, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def write_one(path, name, body):
    with open(os.path.join(path, name + ".lua"), "w", encoding="ascii") as file:
        file.write(HEAD.format(id=name, body=body))
