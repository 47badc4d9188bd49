"""Holds what workflows and documents rely on in the example data."""

import csv
import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "resources" / "examples"


def _load(name: str) -> dict:
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows() -> list:
    with (EXAMPLES / "machine_alarms.csv").open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


@pytest.fixture(scope="module")
def maker():
    """The script itself, with its siblings importable and taken away again."""
    folders = [str(ROOT / "packaging" / "examples"), str(ROOT / "packaging" / "models")]
    before = list(sys.path)
    sys.path[:0] = folders
    spec = importlib.util.spec_from_file_location("make_examples", ROOT / "packaging" / "examples" / "make_examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before
    for name in ("rules", "windows", "alarms"):
        sys.modules.pop(name, None)


def test_the_log_covers_days_and_has_at_least_two_thousand_rows_in_time_order(rows):
    stamps = [r["timestamp"] for r in rows]
    assert len(rows) >= 2000
    assert stamps == sorted(stamps)
    assert len({s[:10] for s in stamps}) >= 5


def test_making_the_examples_again_gives_the_same_bytes(maker):
    for name, text in maker.files().items():
        assert (EXAMPLES / name).read_bytes() == text.encode(), name


def test_every_alarm_has_a_window_of_four_channels_and_a_right_answer(rows):
    windows = _load("sensor_windows.json")
    expected = {e["window"]: e["final"] for e in _load("expected_answers.json")}
    alarms = [r for r in rows if r["class"] == "alarm"]
    assert len(alarms) == len(expected) >= 20
    for alarm in alarms:
        window = windows["windows"][alarm["window"]]
        assert [len(c) for c in window] == [windows["samples"]] * 4
        assert alarm["window"] in expected


def test_the_level_of_an_alarm_is_the_worst_reading_of_its_window(rows):
    sensors = _load("sensor_windows.json")
    for alarm in (r for r in rows if r["class"] == "alarm"):
        pick = min if alarm["trend"] == "dropping" else max
        window = sensors["windows"][alarm["window"]]
        levels = [round(pick(c) / limit * 100) for c, limit in zip(window, sensors["limits"], strict=True)]
        assert int(alarm["level_pct"]) in levels, alarm


def test_repeats_are_the_raises_of_the_day_before(rows):
    alarm = next(r for r in rows if r["window"] == "W-11")
    earlier = [
        r
        for r in rows
        if (r["machine"], r["code"], r["state"]) == (alarm["machine"], alarm["code"], "raised")
        and "2026-03-02T21:19" <= r["timestamp"] < alarm["timestamp"]
    ]
    assert len({r["timestamp"] for r in earlier}) == int(alarm["repeats_24h"]) == 3


def test_one_alarm_has_a_lookup_that_fails_twice_and_then_answers(rows):
    history = _load("service_history.json")
    assert history["unavailable_first"] == {
        "CHIL-07/E231": {"status": 503, "times": 2, "body": {"error": "service unavailable"}}
    }
    assert "CHIL-07/E231" in history["answers"]
    assert any((r["class"], r["machine"], r["code"]) == ("alarm", "CHIL-07", "E231") for r in rows)


def test_every_lookup_that_an_alarm_needs_is_answered(rows):
    history, manual = _load("service_history.json"), _load("manual.json")
    expected = {e["window"]: e for e in _load("expected_answers.json")}
    for alarm in (r for r in rows if r["class"] == "alarm"):
        if expected[alarm["window"]]["final"]["cause"] not in ("planned_work", "no_fault"):
            assert f"{alarm['machine']}/{alarm['code']}" in history["answers"], alarm
    assert manual["missing"]["family"] == "unknown"


def test_the_examples_stay_under_three_megabytes():
    assert sum(p.stat().st_size for p in EXAMPLES.rglob("*") if p.is_file()) < 3_000_000
    assert sum(p.stat().st_size for p in (EXAMPLES / "surfaces").iterdir()) < 300_000


def test_the_contract_names_columns_of_the_log(rows):
    contract = json.loads((ROOT / "resources" / "models" / "small.contract.json").read_text(encoding="utf-8"))
    names = {line.split("{")[1].split("}")[0] for line in contract["input_template"].splitlines()}
    assert names - {"anomaly"} <= set(rows[0])
