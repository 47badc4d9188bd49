"""Drafts: what is being drawn is kept as it is, whatever happens to the program that draws it."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_kit import child, finished

from engine.store import Corrupt, Draft, Store, open_store
from engine.workflow.model import Node, Note, Workflow

LINE = Workflow(
    name="line",
    nodes=(Node(key="a", type="gone.type", params={"value": "ä"}, mode="disabled"),),
    layout={"a": (1.0, 2.0)},
    notes={"n": Note(kind="frame", title="Frame", rect=(0, 0, 10, 10))},
)


def test_a_client_keeps_a_draft_and_another_process_finds_it(store: Store) -> None:
    with open_store(store.path, role="client") as client:
        kept = client.drafts.put(Draft.of("d1", LINE, base="abc", path="/x/line.workflow.yaml"))
    found = store.drafts.get("d1")
    assert found == kept and found.at > 1_700_000_000
    assert found.workflow == LINE
    assert (found.name, found.base, found.path) == ("line", "abc", "/x/line.workflow.yaml")
    assert store.drafts.get("d2") is None


def test_an_edit_takes_the_place_of_the_one_before(store: Store) -> None:
    store.drafts.put(Draft.of("d1", LINE))
    longer = LINE.model_copy(update={"name": "longer"})
    store.drafts.put(Draft.of("d1", longer, base="b"))
    assert [(one.name, one.base, one.workflow) for one in store.drafts.list()] == [("longer", "b", longer)]


def test_drafts_come_newest_first_and_can_be_removed(store: Store) -> None:
    for number in range(3):
        store.drafts.put(Draft(f"d{number}", f"n{number}", "{}", at=1000.0 + number))
    assert [one.id for one in store.drafts.list()] == ["d2", "d1", "d0"]
    store.drafts.remove("d1")
    store.drafts.remove("d1")
    assert [one.id for one in store.drafts.list()] == ["d2", "d0"]


def test_a_draft_that_cannot_be_read_is_told_and_does_not_hide_the_others(store: Store) -> None:
    store.drafts.put(Draft("bad", "bad", "{"))
    store.drafts.put(Draft.of("good", LINE))
    assert {one.id for one in store.drafts.list()} == {"bad", "good"}
    with pytest.raises(Corrupt, match="The draft 'bad' cannot be read"):
        _ = store.drafts.get("bad").workflow  # type: ignore[union-attr]


def test_a_draft_outlives_the_process_that_was_killed_right_after_keeping_it(path: Path) -> None:
    open_store(path, role="engine").close()
    code = """
import sys
from pathlib import Path
from engine.store import Draft, open_store
store = open_store(Path(sys.argv[1]), role="client")
store.drafts.put(Draft("d", "line", "{}"))
print("kept", flush=True)
sys.stdin.read()
"""
    process = child(code, path)
    assert process.stdout is not None and process.stdout.readline() == "kept\n"
    process.kill()
    process.communicate()
    look = """
import sys
from pathlib import Path
from engine.store import open_store
with open_store(Path(sys.argv[1]), role="engine") as store:
    print([one.id for one in store.drafts.list()])
"""
    assert finished(look, path) == "['d']\n"
