#!/usr/bin/env python3
"""The same families as one batch query: python3 Benchmarks/duckdb_rules.py F|C RULES FILE

Not streaming, and its windows are aligned to the minute instead of opening at the first event, so alert counts differ.
"""

import json
import sys

import duckdb

family, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
connection = duckdb.connect()
connection.execute("set threads = 1")
connection.execute(
    """create table events as select * from read_json(?, format = 'newline_delimited', columns = {
         timestamp: 'TIMESTAMP', level: 'VARCHAR', route: 'VARCHAR', duration_ms: 'DOUBLE', userId: 'VARCHAR'})""",
    [path],
)


def query(i):
    key, condition, limit = ("userId", "true", 30 + i % 7) if family == "C" else (
        "route", f"level = 'ERROR' and duration_ms > {500 + i % 50}", 20 + i % 7)  # fmt: skip
    return (
        f"select {i} as rule, {key} as key, time_bucket(interval 60 second, timestamp) as opened, count(*) as n "
        f"from events where {condition} group by all having n >= {limit}"
    )


alerts = len(connection.execute(" union all ".join(query(i) for i in range(count))).fetchall())
events = connection.execute("select count(*) from events").fetchone()[0]
print(json.dumps({"events": events, "alerts": alerts}))
