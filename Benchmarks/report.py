"""What a benchmark run found: rows for the table and for --json, and the verdict."""

import json
import os
import platform
import sys


class Report:
    def __init__(self):
        self.rows = []
        self.notes = []

    def add(self, name, value, unit, target=None, at_least=None, **more):
        """One figure, which must not exceed `target` or fall below `at_least`. `more` are the other columns."""
        row = {"name": name, "value": value, "unit": unit, **more}
        if target is not None:
            row |= {"target": target, "ok": value <= target}
        if at_least is not None:
            row |= {"at_least": at_least, "ok": value >= at_least}
        if "growth_target" in more:
            row["ok"] = row.get("ok", True) and more["growth"] <= more["growth_target"]
        self.rows.append(row)
        print(f"bench: {name}: {value:.3g} {unit}", file=sys.stderr, flush=True)

    def fail(self, name, reason):
        self.rows.append({"name": name, "failed": reason})
        print(f"bench: {name}: FAILED {reason}", file=sys.stderr, flush=True)

    def note(self, text):
        self.notes.append(text)
        print(f"bench: {text}", file=sys.stderr, flush=True)

    @property
    def verdict(self):
        """0 all well, 1 over a target or alerts that disagree, 10 something didn't run."""
        if any("failed" in row for row in self.rows):
            return 10
        bad = any(row.get("ok") is False or row.get("agree") is False for row in self.rows)
        return 1 if bad else 0

    def as_json(self, **more):
        return json.dumps({"machine": machine(), **more, "rows": self.rows, "notes": self.notes}, indent=1)

    def print_table(self):
        columns = (
            ("what", lambda r: r["name"]),
            ("value", lambda r: "failed" if "failed" in r else number(r["value"])),
            ("unit", lambda r: r.get("unit", "")),
            ("target", lambda r: f"≥ {number(r['at_least'])}" if "at_least" in r else number(r.get("target"))),
            ("", lambda r: {True: "ok", False: "UNDER" if "at_least" in r else "OVER"}.get(r.get("ok"), "")),
            ("× 1,000 keys", lambda r: number(r.get("growth"))),
            ("at most", lambda r: number(r.get("growth_target"))),
            ("B/key", lambda r: number(r.get("key_bytes"))),
            ("events/s", lambda r: f"{r['per_second']:,.0f}" if "per_second" in r else ""),
            ("peak MB", lambda r: number(r.get("peak_mb"))),
            ("alerts", lambda r: alerts(r)),
            ("ceiling", lambda r: number(r.get("ceiling"))),
            ("× ceiling", lambda r: number(r.get("ratio_to_ceiling"))),
            ("python", lambda r: number(r.get("python"))),
            ("python ×", lambda r: number(r.get("python_ratio"))),
        )
        cells = [[title for title, _ in columns]] + [[show(row) for _, show in columns] for row in self.rows]
        used = [i for i in range(len(columns)) if i == 0 or any(line[i] for line in cells[1:])]
        widths = {i: max(len(line[i]) for line in cells) for i in used}
        for line in cells:
            texts = (line[i].ljust(widths[i]) if i in (0, 2) else line[i].rjust(widths[i]) for i in used)
            print("  ".join(texts).rstrip())
        for row in self.rows:
            if "failed" in row:
                print(f"\n{row['name']}: {row['failed']}")
        if self.notes:
            print("\n" + "\n".join(f"- {note}" for note in self.notes))


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"


def alerts(row):
    if "alerts" not in row:
        return ""
    return f"{row['alerts']}" + {True: " =", False: f" ≠ {row.get('ceiling_alerts')}"}.get(row.get("agree"), "")


def machine():
    model = ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        pass
    return {
        "cpu": model or platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "load": os.getloadavg()[0],
    }
