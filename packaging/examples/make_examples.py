"""Makes the recorded data of resources/examples: five days of an alarm log, sensor windows, service history and manual.

Seeded: a second run writes the same bytes. The right answers come from the rules the shipped model was trained on.
"""
import argparse
import csv
import io
import json
import random
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))
import rules  # noqa: E402
import windows  # noqa: E402
from alarms import ALARMS, FLAKY, HISTORY, MANUAL  # noqa: E402

START = datetime(2026, 3, 2, 6, 0)
DAYS = 5
MACHINES = {"PUMP-12": 1, "PUMP-14": 1, "MIXR-03": 1, "EXTR-05": 1, "CNC-21": 2, "CNC-22": 2, "ROBO-31": 2, "CONV-33": 2, "CHIL-07": 3,
            "BOIL-02": 3, "FAN-41": 3, "PRES-09": 3}
COLUMNS = ("timestamp", "line", "machine", "class", "state", "code", "family", "text", "vibration_mm_s", "temperature_c",
           "pressure_bar", "current_a", "trend", "level_pct", "repeats_24h", "mode", "window")
EVENTS = ("batch started", "batch finished", "operator signed in", "recipe loaded", "door opened", "door closed", "counter reset",
          "shift handover noted", "sample taken", "lubrication cycle done")
CHATTER = {"vibration": "vibration near alert", "temperature": "temperature near alert", "pressure": "pressure near alert",
           "electrical": "current near alert", "signal": "signal quality poor", "motion": "position lag near alert"}


def row(at: datetime, machine: str, reading: list, **more: object) -> dict:
    """One log row with the latest reading of each channel."""
    values = {k: f"{c[-1]:.2f}" for k, c in zip(COLUMNS[8:12], reading, strict=True)}
    return {**dict.fromkeys(COLUMNS, ""), "timestamp": at, "line": MACHINES[machine], "machine": machine, "mode": "production", **values, **more}


def background(r: random.Random) -> list:
    """Normal life: events, and warnings that flutter."""
    rows = []
    for machine in MACHINES:
        at = START + timedelta(minutes=r.uniform(0, 40))
        while at < START + timedelta(days=DAYS):
            rows.append(row(at, machine, windows.healthy(r), **{"class": "event", "state": "info", "text": r.choice(EVENTS)}))
            at += timedelta(minutes=r.expovariate(1 / 40))
        for _ in range(r.randint(8, 13)):
            family = r.choice(list(CHATTER))
            code = f"E{rules.CODE_DIGIT[family]}{r.randint(60, 99)}"  # codes from 60 on are warnings only
            at = START + timedelta(minutes=r.uniform(60, DAYS * 1440 - 60))
            for _ in range(r.choice((1, 1, 2, 3, 5))):
                rows += flutter(r, at, machine, family, code)
                at += timedelta(seconds=r.uniform(8, 400))
    return rows


def flutter(r: random.Random, at: datetime, machine: str, family: str, code: str) -> list:
    """A warning raised and cleared, now and then logged twice."""
    w = windows.healthy(r)
    level = windows.percent(w, windows.FAMILY_CHANNEL[family], "steady")
    same = {"class": "warning", "code": code, "family": family, "text": CHATTER[family], "trend": "steady", "level_pct": level}
    raised = row(at, machine, w, state="raised", **same)
    cleared = row(at + timedelta(seconds=r.uniform(1, 7)), machine, windows.healthy(r), state="cleared", **same)
    return [raised, *([dict(raised)] if r.random() < 0.15 else []), cleared]


def alarm_rows(r: random.Random) -> tuple[list, dict, list]:
    """The alarms of interest with their earlier repeats, their windows, and their right answers."""
    rows, found, expected = [], {}, []
    for i, (day, hour, earlier, true_family, a) in enumerate(ALARMS, 1):
        at = START + timedelta(days=day, hours=hour, minutes=r.uniform(0, 50))
        key = f"W-{i:02d}"
        w = windows.rounded(windows.healthy(r) if a.anomaly == "no" else windows.alarming(r, true_family, a.trend, a.level))
        level = windows.percent(w, windows.FAMILY_CHANNEL[true_family], a.trend)
        found[key] = w
        for k in range(earlier):
            before = at - timedelta(minutes=r.uniform(20, 60) + 90 * k)
            rows += flutter(r, before, a.machine, a.family, a.code)[:1]
        a = rules.Alarm(**{**asdict(a), "level": level, "repeats": earlier})
        rows.append(row(at, a.machine, w, **{"class": "alarm", "state": "raised", "code": a.code, "family": a.family, "text": a.text,
                                            "trend": a.trend, "level_pct": level, "mode": a.mode, "window": key}))
        told = HISTORY.get((a.machine, a.code))
        family = MANUAL.get(a.code, {}).get("family", "unknown") if a.family == "unknown" else a.family
        final = rules.answer(a, family, told["same_part_recent"] if told else None)
        expected.append({"window": key, "machine": a.machine, "code": a.code, "anomaly": a.anomaly, "final": final})
    return rows, found, expected


def count_repeats(rows: list) -> None:
    """Fill repeats_24h: how often the same code was raised on the same machine in the 24 hours before."""
    seen: dict = {}
    for line in rows:
        if line["state"] != "raised":
            continue
        times = seen.setdefault((line["machine"], line["code"]), [])
        line["repeats_24h"] = sum(line["timestamp"] - t <= timedelta(hours=24) for t in set(times))
        times.append(line["timestamp"])


def files() -> dict:
    """Every generated file: name -> text."""
    r = random.Random(20260302)
    alarms, found, expected = alarm_rows(r)
    rows = sorted(background(r) + alarms, key=lambda x: (x["timestamp"], x["machine"], x["state"] != "raised"))
    count_repeats(rows)
    for i in range(1, 37):
        found[f"N-{i:02d}"] = windows.rounded(windows.healthy(r))
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**line, "timestamp": line["timestamp"].isoformat(timespec="seconds")} for line in rows)
    sensors = {"channels": windows.CHANNELS, "units": windows.UNITS, "limits": windows.LIMITS, "seconds_per_sample": 1,
               "samples": windows.SAMPLES, "windows": found}
    history = {
        "note": "GET /history?machine=M&code=C answers answers['M/C'], or 404 with `missing`. Pairs in `unavailable_first` answer "
                "503 that many times before they work.",
        "answers": {f"{m}/{c}": {"machine": m, "code": c, **body} for (m, c), body in sorted(HISTORY.items())},
        "missing": {"error": "not found"},
        "unavailable_first": {f"{FLAKY[0]}/{FLAKY[1]}": {"status": 503, "times": 2, "body": {"error": "service unavailable"}}},
    }
    manual = {
        "note": "search_manual(code) answers answers[code], or `missing` with the code filled in.",
        "answers": {c: {"code": c, **body} for c, body in sorted(MANUAL.items())},
        "missing": {"code": "", "family": "unknown", "note": "fault family unknown, not listed"},
    }
    return {
        "machine_alarms.csv": out.getvalue(),
        "sensor_windows.json": _lines(sensors),
        "service_history.json": json.dumps(history, indent=2) + "\n",
        "manual.json": json.dumps(manual, indent=2) + "\n",
        "expected_answers.json": "[\n" + ",\n".join(json.dumps(e) for e in expected) + "\n]\n",
    }


def _lines(sensors: dict) -> str:
    # One window a line: json's own indent would write one number a line.
    head = json.dumps({k: v for k, v in sensors.items() if k != "windows"}, indent=2)[:-2]
    body = ",\n".join(f"    {json.dumps(k)}: {json.dumps(w)}" for k, w in sensors["windows"].items())
    return f'{head},\n  "windows": {{\n{body}\n  }}\n}}\n'


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "resources" / "examples")
    folder = ap.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        print(name, len(text), "bytes,", text.count("\n"), "lines")
