from __future__ import annotations

import sqlite3
from hashlib import sha256
from typing import Any

import pytest
from store_kit import Events

from engine.errors import Bug
from engine.run.events import StepSucceeded, to_json
from engine.store import Batch, Conflict, DiskFault, DiskFull, Reply, Store, Unstorable, open_store, verify


def test_a_batch_over_two_runs_is_read_back_as_it_was_written(store: Store, events: Events) -> None:
    batch = Batch((events.start("r1"), events.start("r2"), events.attempt("r1"), events.success("r1", result={"a": 1})))
    assert store.journal.append([batch]) == 4
    assert list(store.journal.events("r1")) == [batch.events[0], batch.events[2], batch.events[3]]
    assert list(store.journal.events("r2")) == [batch.events[1]]


def test_a_group_of_batches_is_one_commit(store: Store, events: Events) -> None:
    with open_store(store.path, role="client") as client:
        client.data_version()
        before = client.data_version()
        store.journal.append([Batch((events.start(f"r{number}"),)) for number in range(200)])
        after = client.data_version()
    assert store.journal.last_rowid() == 200
    assert after == before + 1


def test_the_hash_covers_the_one_before_and_the_stored_bytes(store: Store, events: Events) -> None:
    first, second = events.start(), events.attempt()
    store.journal.append([Batch((first,))])
    store.journal.append([Batch((second,))])
    one = sha256(bytes(32) + to_json(first).encode()).digest()
    assert store.journal.head("r1") == (2, sha256(one + to_json(second).encode()).digest())


@pytest.mark.parametrize("seq", [0, 1, 3])
def test_a_seq_that_does_not_follow_is_a_conflict_and_nothing_of_the_group_is_kept(
    store: Store, events: Events, seq: int
) -> None:
    store.journal.append([Batch((events.start(),))])
    wrong = StepSucceeded(run="r1", seq=seq, node="a")
    with pytest.raises(Conflict, match="does not follow"):
        store.journal.append([Batch((events.start("r2"),)), Batch((wrong,))])
    assert store.journal.last_rowid() == 1
    assert store.journal.run("r2") is None
    events.seqs["r2"] = 0
    store.journal.append([Batch((events.start("r2"), events.attempt("r1")))])
    assert [event.seq for event in store.journal.events("r1")] == [1, 2]


def test_an_event_after_the_end_is_a_conflict_also_for_the_next_engine(store: Store, events: Events) -> None:
    store.journal.append([events.whole_run()])
    late = Batch((events.attempt(),))
    with pytest.raises(Conflict, match="the run's end"):
        store.journal.append([late])
    store.journal.reload()
    with pytest.raises(Conflict, match="the run's end"):
        store.journal.append([late])


def test_a_run_begins_with_its_run_started(store: Store, events: Events) -> None:
    with pytest.raises(Conflict, match="before its RunStarted"):
        store.journal.append([Batch((events.attempt(),))])


def test_an_event_of_another_epoch_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict, match="Another engine owns this file"):
        store.journal.append([Batch((Events(epoch=7).start(),))])
    assert store.journal.last_rowid() == 0


def test_replies_are_stored_with_the_events_or_not_at_all(store: Store, events: Events) -> None:
    request = store.requests.insert("cancel", {"run": "r1"}, "ann", "r1", at=5.0)
    store.journal.append([Batch((events.start(),), (Reply(request, True, result={"run": "r1"}),))])
    assert store.requests.outcome(request) == Reply(request, True, "", {"run": "r1"})
    with pytest.raises(Conflict, match="answered twice"):
        store.journal.append([Batch((events.attempt(),), (Reply(request, False, "No."),))])
    assert store.journal.head("r1") is not None and store.journal.last_rowid() == 1
    assert store.requests.outcome(request) == Reply(request, True, "", {"run": "r1"})


def test_a_refusal_without_events_is_stored(store: Store) -> None:
    request = store.requests.insert("answer", {}, "ann", at=5.0)
    store.journal.append([Batch((), (Reply(request, False, "There is no such question."),))])
    assert store.requests.outcome(request) == Reply(request, False, "There is no such question.")
    assert store.requests.pending() == []


def test_an_event_that_is_not_json_is_named_and_its_group_left_out(store: Store, events: Events) -> None:
    with pytest.raises(Unstorable) as caught:
        store.journal.append([Batch((events.start(), events.success(result=object())))])
    assert (caught.value.run, caught.value.seq) == ("r1", 2)
    assert store.journal.last_rowid() == 0


class FailingCommit:
    """A writing connection whose next COMMIT ends in an I/O error, before or after it has reached the disk."""

    def __init__(self, writer: Any, *, reached: bool) -> None:
        self._writer, self._reached = writer, reached
        self.closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def execute(self, statement: str, *rest: Any) -> Any:
        if statement == "COMMIT":
            if self._reached:
                self._writer.execute(statement)
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return self._writer.execute(statement, *rest)

    def close(self) -> None:
        self.closed = True
        self._writer.close()


@pytest.mark.parametrize("reached", [False, True])
def test_after_a_sync_that_failed_the_disk_is_read_again_and_nothing_is_retried(
    store: Store, events: Events, reached: bool
) -> None:
    store.journal.append([Batch((events.start(),))])
    failing = FailingCommit(store.journal._writer, reached=reached)
    store.journal._writer = failing  # type: ignore[assignment]
    batch = Batch((events.attempt(),))
    with pytest.raises(DiskFault, match="failed to read or write"):
        store.journal.append([batch])
    assert failing.closed
    head = store.journal.head("r1")
    assert head is not None and head[0] == (2 if reached else 1)
    if reached:  # it is on disk after all: the caller folds again and does not write it twice
        with pytest.raises(Conflict):
            store.journal.append([batch])
    else:
        store.journal.append([batch])
    assert tuple(store.journal.events("r1"))[1:] == batch.events
    assert verify(store) == []


def test_an_io_error_on_a_disk_without_room_is_a_full_disk(
    store: Store, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = Batch((events.start(),))
    store.journal.reload()
    store.journal._writer = FailingCommit(store.journal._writer, reached=False)  # type: ignore[assignment]
    monkeypatch.setattr("engine.store.journal.no_room", lambda folder: folder == store.path.parent)
    with pytest.raises(DiskFull, match="disk is full"):
        store.journal.append([batch])
    store.journal.append([batch])
    assert tuple(store.journal.events("r1")) == batch.events


def test_a_client_may_not_append(store: Store, events: Events) -> None:
    with open_store(store.path, role="client") as client, pytest.raises(Bug):
        client.journal.append([Batch((events.start(),))])


def test_values_outside_ascii_survive(store: Store, events: Events) -> None:
    said = "Störung am Band 3 – 停止 \N{WARNING SIGN} \x00 \u2028"
    store.journal.append([Batch((events.start(), events.success(result=said)))])
    assert list(store.journal.events("r1"))[1].outputs == {"result": said}
