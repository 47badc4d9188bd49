from __future__ import annotations

import sqlite3

import pytest

from engine.errors import Refused
from engine.store import Corrupt, Store, open_store
from engine.workflow.canonical import content_hash
from engine.workflow.model import Node, Note, Workflow

LINE = Workflow(name="line", nodes=(Node(key="a", type="data.set", params={"value": "ä"}),), layout={"a": (1.0, 2.0)})
LONGER = LINE.model_copy(update={"title": "Longer"})


def test_a_workflow_comes_back_by_its_content_hash(store: Store) -> None:
    digest = store.library.put(LINE)
    assert digest == content_hash(LINE)
    with open_store(store.path, role="client") as client:
        assert client.library.get(digest) == LINE


def test_a_name_means_its_newest_version(store: Store) -> None:
    first, second = store.library.put(LINE), store.library.put(LONGER)
    assert store.library.put(LONGER) == second
    assert store.library.latest("line") == second
    assert [version.hash for version in store.library.versions("line")] == [second, first]
    store.library.put(LINE)
    assert [version.hash for version in store.library.versions("line")] == [first, second, first]
    assert store.library.get(second) == LONGER


def test_a_workflow_may_be_kept_under_another_name(store: Store) -> None:
    digest = store.library.put(LINE, "copy")
    assert store.library.names() == ["copy"]
    assert store.library.latest("copy") == digest
    assert store.library.latest("line") is None


NOTED = LINE.model_copy(update={"layout": {"a": (9.0, 9.0)}, "notes": {"n": Note(text="x", rect=(0, 0, 5, 5))}})


def test_a_version_keeps_its_layout_and_notes(store: Store) -> None:
    first = store.library.save(LINE, by="ann")
    second = store.library.save(NOTED, label="with a note", by="bob")
    assert first.hash == second.hash and first.id != second.id
    assert store.library.open(first.id) == LINE
    assert store.library.open(second.id) == NOTED
    assert store.library.get(first.hash) == LINE, "a hash means one document"
    with open_store(store.path, role="client") as client:
        found = client.library.versions("line")
        assert found == [second, first]
        assert [(one.label, one.by) for one in found] == [("with a note", "bob"), ("", "ann")]
        assert client.library.newest("line") == second


def test_a_version_is_made_only_when_something_is_different(store: Store) -> None:
    first = store.library.save(LINE, label="one")
    assert store.library.save(LINE, label="one") == first
    assert store.library.save(LINE) == first, "without a wish for a label there is nothing new"
    labelled = store.library.save(LINE, label="two")
    moved = store.library.save(NOTED, label="two")
    longer = store.library.save(LONGER)
    assert [one.id for one in store.library.versions("line")] == [longer.id, moved.id, labelled.id, first.id]


def test_what_is_put_for_a_run_is_a_version_with_its_drawing(store: Store) -> None:
    store.library.put(NOTED)
    newest = store.library.newest("line")
    assert newest is not None and store.library.open(newest.id) == NOTED
    assert store.library.save(NOTED) == newest


def test_a_version_can_be_called_something_else(store: Store) -> None:
    version = store.library.save(LINE)
    store.library.label(version.id, "Before the audit")
    assert [one.label for one in store.library.versions("line")] == ["Before the audit"]
    with pytest.raises(Refused, match="no version 99"):
        store.library.label(99, "x")
    with pytest.raises(Refused, match="no version 99"):
        store.library.open(99)


def test_a_damaged_drawing_is_told_and_the_logic_is_still_there(store: Store) -> None:
    version = store.library.save(NOTED)
    for drawing in ('{"layout": 7}', '{"nodes": {}}', "[", "[]"):
        with sqlite3.connect(store.path) as other:
            other.execute("UPDATE workflow_version SET drawing = ?", (drawing,))
        other.close()
        with pytest.raises(Corrupt, match=f"drawing of version {version.id} cannot be read"):
            store.library.open(version.id)
    assert store.library.get(version.hash) == NOTED


def test_a_document_kept_for_a_run_is_not_what_its_name_means(store: Store) -> None:
    first = store.library.put(LINE)
    part = store.library.keep(LONGER)
    assert store.library.get(part) == LONGER and store.library.keep(LONGER) == part
    assert store.library.latest("line") == first and len(store.library.versions("line")) == 1


def test_a_client_may_put_a_workflow(store: Store) -> None:
    with open_store(store.path, role="client") as client:
        digest = client.library.put(LINE)
    assert store.library.get(digest) == LINE


def test_an_unknown_version_is_refused_by_name(store: Store) -> None:
    with pytest.raises(Refused, match="no workflow version abcabcabcabc"):
        store.library.get("abc" * 10)


def test_a_changed_document_is_not_used(store: Store) -> None:
    digest = store.library.put(LINE)
    with sqlite3.connect(store.path) as other:
        other.execute("UPDATE workflow SET document = replace(document, 'ä', 'ö')")
    other.close()
    with pytest.raises(Corrupt, match="not what was stored"):
        store.library.get(digest)
