"""The demo at length: every alarm of the log, and a kill at any moment."""

from __future__ import annotations

import json
import random
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from demo_kit import PATIENCE_S, REPO, command, orders, piped, statuses_of, written

from engine.settings import resources_dir

pytestmark = [pytest.mark.needs_llama, pytest.mark.slow]
KILLS = 12


def expected() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (resources_dir() / "examples" / "expected_answers.json").read_text("utf-8")
    )
    return found


@pytest.mark.timeout(900)
def test_nine_in_ten_alarms_get_the_work_order_that_the_rules_want(tmp_path: Path) -> None:
    wrong = []
    for one in expected():
        done = json.loads(piped(tmp_path, "--alarm", one["window"], "--json").stdout)
        final = one["final"]
        if done["outputs"]["decision"] == "nuisance":
            assert final["cause"] == "no_fault", one["window"]
            continue
        order = written(tmp_path, one["window"])[0]
        if [order[name] for name in ("severity", "action", "part", "cause", "note")] != [
            final[name] for name in ("severity", "action", "part", "cause", "summary")
        ]:
            wrong.append(one["window"])
    assert len(wrong) <= 2, wrong


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kill", range(KILLS))
def test_killed_at_any_moment_it_ends_with_one_work_order(tmp_path: Path, kill: int) -> None:
    chance = random.Random(kill)
    for _ in range(1 + kill % 2):  # the second one often hits the recovery
        demo = subprocess.Popen(
            command(tmp_path), cwd=REPO, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        ends = time.monotonic() + PATIENCE_S
        while not (tmp_path / "lookups.port").exists():
            assert time.monotonic() < ends and demo.poll() is None
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 5.0))  # the moment is what is tried, so time it is
        demo.kill()
        demo.wait()
    done = piped(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    statuses = statuses_of_runs(tmp_path)  # a kill may have come after the end: then the next demo was another run
    assert set(statuses) == {"completed"}
    assert len(orders(tmp_path)) == len(statuses) and len(written(tmp_path)) == 1
    # a question on its way to the service when the kill came is asked again: it only reads
    assert statuses_of(tmp_path).count(200) <= 2 * len(statuses)


def statuses_of_runs(data: Path) -> list[str]:
    ctl = [*command(data)[:3], "runs", "--data-dir", str(data), "--json"]
    said = subprocess.run(ctl, cwd=REPO, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    return [run["status"] for run in json.loads(said.stdout)]
