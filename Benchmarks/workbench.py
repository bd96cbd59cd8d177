"""Rules as their authors write them, with tests: what `rules lint` and `rules test` of a large set work off."""

import os

THRESHOLD = """return rule {{
  api = 1, id = "bench.rule-{i:04d}", title = "Slow requests of one route", severity = "low", status = "test",
  where = [[level >= error and route == "/r{i}" and duration_ms > {limit}]], by = {{ "user_id" }}, max_keys = 10000,
  threshold = {{ count = {count}, within = "1m" }},
}}
"""

SCRIPT = """return rule {{
  api = 1, id = "bench.rule-{i:04d}", title = "Failed requests of one route", severity = "low", status = "test",
  where = [[route == "/r{i}" and status >= 500]], by = {{ "user_id" }}, max_keys = 10000,
  state = {{ now = window.count("5m"), sample = ring(3) }},
  on = function(e, s)
    s.now:add(e)
    s.sample:push(e)
    if s.now:count() >= {count} then
      return alert {{ value = s.now:count(), evidence = s.sample, summary = "{{user_id}}: {{value}} failed" }}
    end
  end,
}}
"""

TEST = """local failed = {{ level = "error", route = "/r{i}", duration_ms = 900, status = 503, user_id = "u1" }}

test("fires when one user meets many", function(t)
  t:feed(failed):times({count}):every("2s")
  t:expect {{ at_least = 1, where = {{ user_id = "u1" }} }}
end)

test("stays quiet below the limit", function(t)
  t:feed(failed):times({below}):every("2s")
  t:advance("10m")
  t:expect_quiet()
end)
"""


def write(count, folder):
    """Writes `count` rules, half of them with a script and each with two tests, in folders of 50. Returns their path."""
    path = os.path.join(folder, f"workbench-{count}")
    for i in range(count):
        group = os.path.join(path, f"g{i // 50:02d}")
        os.makedirs(group, exist_ok=True)
        values = {"i": i, "limit": 100 + i % 50, "count": 5 + i % 5, "below": 4 + i % 5}
        for name, text in ((f"rule-{i:04d}.lua", SCRIPT if i % 2 else THRESHOLD), (f"rule-{i:04d}_test.lua", TEST)):
            with open(os.path.join(group, name), "w", encoding="ascii") as file:
                file.write(text.format(**values))
    return path
