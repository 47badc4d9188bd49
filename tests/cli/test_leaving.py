"""When an engine that was started for a while leaves."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import engine.cli.engine as command


def looks_until_it_leaves(
    monkeypatch: pytest.MonkeyPatch, busy: list[bool], wanted: list[bool], limit: int = 200
) -> int | None:
    """How often it looks until it leaves, when runs and windows are there as these lists say (the last one stays)."""
    monkeypatch.setattr(command, "LOOK_S", 0.0001)
    monkeypatch.setattr(command, "LEAVE_AFTER_S", 0.00025)
    looked = [0]

    def pending() -> bool:
        looked[0] += 1
        if looked[0] > limit:
            raise TimeoutError
        return busy[min(looked[0] - 1, len(busy) - 1)]

    def is_wanted(path: Path, stays: Any) -> bool:
        return wanted[min(looked[0], len(wanted) - 1)]

    monkeypatch.setattr(command, "_wanted", is_wanted)
    stopped: list[bool] = []
    app: Any = SimpleNamespace(
        data_dir=Path(),
        executor=SimpleNamespace(runs={}),
        store=SimpleNamespace(requests=SimpleNamespace(pending=pending)),
        stop=lambda: stopped.append(True),
    )
    try:
        asyncio.run(command._leave_when_done(app, []))
    except TimeoutError:
        return None
    assert stopped == [True]
    return looked[0]


def test_it_stays_as_long_as_somebody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks_until_it_leaves(monkeypatch, [False], [True]) is None
    assert looks_until_it_leaves(monkeypatch, [False], [True] * 30 + [False]) == 30


def test_a_window_that_closes_while_a_run_is_open_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looks_until_it_leaves(monkeypatch, [True] * 40 + [False], [True] * 10 + [False])
    assert found == 43, "40 looks at a run, then three at nothing"


def test_a_number_that_no_process_has_any_more_keeps_no_engine(tmp_path: Path) -> None:
    assert command._process(4_194_399) is None
    mine = command._process(os.getpid())
    assert mine is not None
    assert command._wanted(tmp_path, [mine])
    assert not command._wanted(tmp_path, [(mine[0], mine[1] - 100.0)]), "the pid went to another process"
