"""Journals that earlier versions wrote open for ever: the files in tests/specimens are never changed, only added to."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.nodes.catalog import shape_of
from engine.run.events import from_json, to_json
from engine.run.history import fold
from engine.run.plan import decide
from engine.run.turn import Turn
from engine.workflow.file import load_text
from engine.workflow.order import compile

SPECIMENS = Path(__file__).parent.parent / "specimens"
JOURNALS = sorted(path.name for path in SPECIMENS.glob("*.journal.jsonl"))


@pytest.mark.parametrize("name", JOURNALS)
def test_an_old_journal_is_read_as_it_was_written_and_its_run_has_completed(name: str) -> None:
    workflow = load_text((SPECIMENS / name.replace(".journal.jsonl", ".workflow.yaml")).read_text("utf-8"))
    order = compile(workflow, shape_of)
    lines = (SPECIMENS / name).read_text("utf-8").splitlines()
    events = [from_json(line) for line in lines]
    assert [to_json(event) for event in events] == lines
    state = fold(events, lambda digest: order)
    assert state is not None and state.status == "completed"


@pytest.mark.parametrize("name", JOURNALS)
def test_after_every_batch_of_an_old_journal_nothing_more_follows(name: str) -> None:
    workflow = load_text((SPECIMENS / name.replace(".journal.jsonl", ".workflow.yaml")).read_text("utf-8"))
    order = compile(workflow, shape_of)
    events = [from_json(line) for line in (SPECIMENS / name).read_text("utf-8").splitlines()]
    ends = [
        event.seq
        for event, after in zip(events, [*events[1:], None], strict=True)
        if after is None or after.batch != event.batch
    ]
    for seq in ends:
        state = fold(events, lambda digest: order, seq)
        assert state is not None
        turn = Turn(state, state.at)
        decide(turn)
        assert turn.events == [], seq
