"""Random gestures by real events: whatever a person does, the drawing equals the document, and nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from designer import theme
from tests.designer.canvas.monkey import GESTURES_A_DAY, Day, play_day
from tests.designer.canvas.monkey_figures import Figures
from tests.designer.canvas.monkey_gestures import WEIGHTS

SWEEP, SWEEP_SEEDS = 100_000, (101, 102, 103, 104)
AT_ONCE = 10
"""Days in one process of the sweep: what a fault there would hide is no more than this."""


@pytest.fixture
def look_kept(qapp: QApplication) -> object:
    """The walk changes the theme; the next test finds it as it was."""
    before = theme.scheme()
    yield
    theme.apply(qapp, before)


def test_every_gesture_is_one_that_the_monkey_knows() -> None:
    assert len(WEIGHTS) >= 40
    assert all(callable(getattr(Day, name)) for name in WEIGHTS)


@pytest.mark.parametrize("day", [0, 1])
def test_five_hundred_gestures_leave_the_drawing_equal_to_the_document(
    qapp: QApplication, look_kept: object, day: int
) -> None:
    found = play_day(20, day)
    assert found.faults == []
    assert found.count == GESTURES_A_DAY and len(found.gestures) > 30
    assert found.undone > 20 and sum(found.reported.values()) > 60


def test_the_same_numbers_play_the_same_day(qapp: QApplication, look_kept: object) -> None:
    one, two = play_day(5, 3, 40), play_day(5, 3, 40)
    assert one.faults == two.faults == []
    assert one.gestures == two.gestures and one.reported == two.reported


@pytest.mark.sweep
def test_a_hundred_thousand_gestures(capsys: pytest.CaptureFixture[str]) -> None:
    """Goes on where it was stopped: what is done is in SIGNALBOX_MONKEY, or in build/monkey."""
    folder = Path(os.environ.get("SIGNALBOX_MONKEY", "build/monkey"))
    folder.mkdir(parents=True, exist_ok=True)
    total, parts = Figures(), SWEEP // (len(SWEEP_SEEDS) * AT_ONCE * GESTURES_A_DAY)
    for seed in SWEEP_SEEDS:
        for part in range(parts):
            file = folder / f"{seed}-{part}.json"
            if not file.exists():
                command = [sys.executable, "-m", "tests.designer.canvas.monkey", "--json", str(file)]
                command += ["--seed", str(seed), "--first", str(part * AT_ONCE), "--days", str(AT_ONCE)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if not file.exists():
                    total.faults.append(f"{command[-6:]} died ({done.returncode}): {done.stderr[-3000:]}")
                    continue
            found = Figures.of(json.loads(file.read_text()))
            if found.faults:
                file.unlink()  # the next sweep plays it again
            total.add(found)
    with capsys.disabled():
        print("\n" + total.words())
    assert total.faults == [] and total.count == SWEEP
