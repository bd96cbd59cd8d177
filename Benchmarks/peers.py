"""The commands that run the same families in the peers that happen to be installed."""

import importlib.util
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def python(family, rules, path, lines):
    return [sys.executable, os.path.join(HERE, "python_rules.py"), family, str(rules), path, str(lines)]


def has_duckdb():
    return importlib.util.find_spec("duckdb") is not None


def duckdb(family, rules, path):
    return [sys.executable, os.path.join(HERE, "duckdb_rules.py"), family, str(rules), path]


def has_sec():
    return shutil.which("sec") is not None


def at_least(number):
    """A regular expression for the integer part of a number not below `number` (500…549)."""
    tens, ones = number // 10 % 10, number % 10
    return rf"(?:[1-9]\d{{3,}}|[6-9]\d\d|5[{tens + 1}-9]\d|5{tens}[{ones}-9])\."


def sec(family, rules, path, folder):
    """SEC matches the raw line and keeps its windows on the wall clock: its cost compares, its alert counts don't."""
    blocks = []
    for i in range(rules):
        if family == "F":
            pattern, limit = rf'"level":"ERROR".*"route":"([^"]+)".*"duration_ms":{at_least(500 + i % 50)}', 20 + i % 7
        elif family == "C":
            pattern, limit = r'"userId":"([^"]+)"', 30 + i % 7
        else:
            pattern, limit = r"sshd\[\d+\]: Failed password for (?:invalid user )?\S+ from (\S+) port", 10
        blocks.append(
            f"type=SingleWithThreshold\nptype=RegExp\ncontinue=TakeNext\npattern={pattern}\ndesc=rule {i} $1\n"
            f"action=write - rule {i} $1\nwindow=60\nthresh={limit}\n"
        )
    configuration = os.path.join(folder, f"sec-{family}-{rules}.conf")
    with open(configuration, "w", encoding="ascii") as file:
        file.write("\n".join(blocks))
    return ["sec", f"--conf={configuration}", f"--input={path}", "--fromstart", "--notail", "--quiet", "--debug=3"]


FLUENT_BIT = shutil.which("fluent-bit") or next(
    (path for path in ("/opt/fluent-bit/bin/fluent-bit",) if os.access(path, os.X_OK)), None
)
FLUENT_RULES = """
local rules = {{}}
for i = 0, {rules} - 1 do rules[#rules + 1] = {{ slower = 500 + i % 50, limit = {limit} + i % 7, windows = {{}} }} end
function rule(tag, time, record)
  local now = type(time) == "table" and time.sec + time.nsec * 1e-9 or time
  local key = record.{key}
  for _, r in ipairs(rules) do
    if {condition} then
      local w = r.windows[key]
      if not w or now - w[1] >= 60 then w = {{ now, 0 }}; r.windows[key] = w end
      w[2] = w[2] + 1
      if w[2] == r.limit then print("alert " .. key) end
    end
  end
  return -1
end
"""
FLUENT_PARSER = """[PARSER]
    Name service
    Format json
    Time_Key timestamp
    Time_Format %Y-%m-%dT%H:%M:%S.%LZ
"""
FLUENT_MAIN = """[SERVICE]
    Flush 1
    Log_Level error
    Parsers_File {folder}/fluent-parsers.conf
[INPUT]
    Name tail
    Path {path}
    Parser service
    Read_from_Head On
    Exit_On_Eof On
    Buffer_Chunk_Size 1M
    Buffer_Max_Size 8M
[FILTER]
    Name lua
    Match *
    script {folder}/fluent-rules.lua
    call rule
[OUTPUT]
    Name null
    Match *
"""


def fluent_bit(family, rules, path, folder):
    """All rules in one Lua filter: the fastest way its users have."""
    condition = 'record.level == "ERROR" and record.duration_ms > r.slower' if family == "F" else "true"
    key, limit = ("route", 20) if family == "F" else ("userId", 30)
    files = {
        "fluent-rules.lua": FLUENT_RULES.format(rules=rules, limit=limit, key=key, condition=condition),
        "fluent-parsers.conf": FLUENT_PARSER,
        "fluent-bit.conf": FLUENT_MAIN.format(folder=folder, path=path),
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    return [FLUENT_BIT, "-c", os.path.join(folder, "fluent-bit.conf")]
