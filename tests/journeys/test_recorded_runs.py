"""Every shipped template has recorded runs of its good, retry and escalation path, and walks them today as then."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

import pytest
from recorded_paths import FOLDER, MODELS, PATHS, WALKS, events_of, read, story
from template_kit import Site

from engine.nodes.catalog import shape_of
from engine.run.events import from_json, to_json
from engine.run.history import fold
from engine.run.plan import decide
from engine.run.state import State
from engine.run.turn import Turn
from engine.settings import resources_dir
from engine.workflow.file import load_text
from engine.workflow.order import compile

SHIPPED = sorted(file.name.partition(".")[0] for file in (resources_dir() / "templates").glob("*.workflow.yaml"))
RECORDED = [(name, path) for name in WALKS for path in PATHS]
EVERY = pytest.mark.parametrize(("name", "path"), RECORDED, ids=["-".join(one) for one in RECORDED])


def walks_again(name: str, path: str) -> Any:
    marks = [pytest.mark.needs_llama] if MODELS.get(name) == "llama_cpp" else []
    if (name, path) not in QUICK:
        marks.append(pytest.mark.slow)
    return pytest.param(name, path, marks=marks, id=f"{name}-{path}")


QUICK = {
    ("parameter-change", "good"), ("parameter-change", "retry"),
    ("batch-record-review", "retry"), ("parameter-change", "escalation"), ("camera-defect", "escalation"),
}  # fmt: skip
"""What is always walked again; the others are behind --slow, and the templates' own tests walk much of the same."""


def folded(name: str, events: list[Any], until: int | None = None) -> State:
    order = compile(load_text((FOLDER / name / f"{name}.workflow.yaml").read_bytes()), shape_of)
    state = fold(events, lambda digest: order, until)
    assert state is not None
    return state


def test_every_shipped_template_is_recorded_on_all_three_paths() -> None:
    assert sorted(WALKS) == SHIPPED
    assert all(sorted(walks) == sorted(PATHS) for walks in WALKS.values())


@EVERY
def test_a_recording_reads_as_it_was_written_and_is_a_whole_run(name: str, path: str) -> None:
    lines = (FOLDER / name / f"{path}.journal.jsonl").read_text("utf-8").splitlines()
    events = [from_json(line) for line in lines]
    assert [to_json(event) for event in events] == lines
    state = folded(name, events)
    assert state.status in ("completed", "failed") and events[-1].kind in ("RunCompleted", "RunFailed")
    ends = [
        one.seq for one, after in zip(events, [*events[1:], None], strict=True) if not after or after.batch != one.batch
    ]
    for seq in ends[:: max(1, len(ends) // 6)]:
        turn = Turn(folded(name, events, seq), events[-1].at)
        decide(turn)
        assert turn.events == [], f"after {seq} something more follows"


@EVERY
def test_a_recording_shows_what_its_path_is_called_for(name: str, path: str) -> None:
    told = [line for lines in story(read(name, path)).values() for line in lines]
    again = any("failed:" in line or line == "round 2" for line in told)
    escalated = any(line.startswith("goes on to ") for line in told)
    assert (escalated, again or path != "retry") == (path == "escalation", True)
    if path != "escalation":
        assert told.count("RunCompleted") == 1
    if path == "good":
        assert not again


@pytest.mark.parametrize(("name", "path"), [walks_again(*one) for one in RECORDED])
def test_a_template_walks_its_paths_today_as_it_did_then(tmp_path: Path, name: str, path: str) -> None:
    needed = MODELS.get(name)
    if needed and importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed")
    site = Site(tmp_path / "data")
    site.data.mkdir()
    run = asyncio.run(asyncio.wait_for(WALKS[name][path](site), 170))
    now, then = story(events_of(site, run)), story(read(name, path))
    hint = "Is the change meant? Then record it anew: python tests/journeys/recorded_paths.py " + name
    assert now == then, hint
