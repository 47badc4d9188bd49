from __future__ import annotations

import sqlite3

import pytest

from engine.errors import Refused
from engine.store import Corrupt, Store, open_store
from engine.workflow.canonical import content_hash
from engine.workflow.model import Node, Workflow

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
