from __future__ import annotations

import sqlite3

import pytest
from store_kit import Events

from engine.run.events import Parent
from engine.store import Batch, Corrupt, Store, open_store
from engine.store import journal as journal_module


def test_reading_goes_on_after_a_seq_and_over_pages(
    store: Store, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "PAGE", 3)
    batch = events.whole_run(steps=4)
    store.journal.append([batch])
    assert list(store.journal.events("r1")) == list(batch.events)
    assert list(store.journal.events("r1", after=4)) == list(batch.events[4:])
    assert [seq for seq, _kind, _body in store.journal.bodies("r1", after=9)] == [10]
    assert list(store.journal.events("r1", after=99)) == []
    assert list(store.journal.events("nobody")) == []


def test_following_gives_every_event_once_in_journal_order(store: Store, events: Events) -> None:
    store.journal.append([Batch((events.start("r1"), events.start("r2"))), Batch((events.attempt("r2"),))])
    with open_store(store.path, role="client") as client:
        first = client.journal.follow(0, limit=2)
        assert [(place, event.run) for place, event in first] == [(1, "r1"), (2, "r2")]
        store.journal.append([Batch((events.attempt("r1"),))])
        rest = client.journal.follow(first[-1][0])
        assert [(place, event.run) for place, event in rest] == [(3, "r2"), (4, "r1")]
        assert client.journal.follow(4) == []


@pytest.mark.parametrize("near", [0, 1000])
def test_following_one_run_leaves_the_others_out(
    store: Store, events: Events, near: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "_NEAR", near)
    for _ in range(2):
        store.journal.append([Batch(tuple(events.start(run) if run not in events.seqs else events.attempt(run)
                                          for run in ("r1", "r2", "r3")))])  # fmt: skip
    assert [place for place, _event in store.journal.follow(0, run="r2")] == [2, 5]
    assert [place for place, _event in store.journal.follow(2, run="r2")] == [5]
    assert store.journal.follow(0, run="nobody") == []


def test_a_run_is_open_until_its_end_event(store: Store, events: Events) -> None:
    store.journal.append([Batch((events.start("r1"),)), events.whole_run("r2"), Batch((events.start("r3"),))])
    assert store.journal.open_runs() == ["r1", "r3"]
    store.journal.append([Batch((events.end("r1"),))])
    assert store.journal.open_runs() == ["r3"]


def test_runs_are_listed_newest_first_with_how_they_ended(store: Store, events: Events) -> None:
    child = events.start("r3", parent=Parent(run="r1", node="each"), root_run="r1")
    store.journal.append([Batch((events.start("r1"),)), events.whole_run("r2"), Batch((child,))])
    assert [(row.id, row.end) for row in store.journal.runs()] == [("r3", None), ("r2", "RunCompleted"), ("r1", None)]
    assert [row.id for row in store.journal.runs(limit=1, before="r3")] == ["r2"]
    assert [(row.id, row.parent) for row in store.journal.runs(root="r1")] == [("r3", "r1"), ("r1", None)]
    assert store.journal.runs(before="nobody") == []
    row = store.journal.run("r2")
    assert row is not None and (row.name, row.workflow, row.at, row.root) == ("line", "w" * 64, 1001.0, "r2")


def test_a_hundred_thousand_finished_runs_do_not_slow_the_search_for_open_ones(store: Store, events: Events) -> None:
    store.journal.append([Batch((events.start("r1"),))])
    with sqlite3.connect(store.path) as other:
        plan = " ".join(
            str(row[3])
            for row in other.execute(
                "EXPLAIN QUERY PLAN SELECT id FROM run WHERE NOT EXISTS (SELECT 1 FROM event"
                " WHERE event.run = run.number AND kind IN ('RunCancelled', 'RunCompleted', 'RunFailed'))"
            )
        )
    other.close()
    assert "event_end" in plan


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE event SET body = replace(body, 'xxx', 'xyx') WHERE seq = 3",
        "UPDATE event SET hash = zeroblob(32) WHERE seq = 4",
        "DELETE FROM event WHERE seq = 2",
        "UPDATE event SET seq = 77 WHERE seq = 8",
    ],
)
def test_a_changed_journal_is_not_read(store: Store, events: Events, damage: str) -> None:
    store.journal.append([events.whole_run()])
    with sqlite3.connect(store.path) as other:
        other.execute(damage)
    other.close()
    with pytest.raises(Corrupt):
        list(store.journal.events("r1"))
