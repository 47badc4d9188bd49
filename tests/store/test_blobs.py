from __future__ import annotations

import json
from pathlib import Path

import pytest
from store_kit import Events

from engine.run.events import ItemEnd, ItemsEnded
from engine.store import Batch, BlobRef, Blobs, Corrupt, Store
from engine.store.bodies import BIG_BODY, BIG_VALUE, decode, encode


def test_bytes_come_back_by_their_hash(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    ref = blobs.put(b"\x00\xff" * 100, "image/png")
    assert blobs.get(ref.sha) == b"\x00\xff" * 100
    assert ref.value() == {"$blob": ref.sha, "size": 200, "media_type": "image/png"}
    assert blobs.put(b"\x00\xff" * 100) == BlobRef(ref.sha, 200)


def test_a_missing_damaged_or_oddly_named_blob_is_not_given_out(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    ref = blobs.put(b"hello")
    blobs.path(ref.sha).write_bytes(b"hellO")
    with pytest.raises(Corrupt, match="damaged"):
        blobs.get(ref.sha)
    with pytest.raises(Corrupt, match="missing"):
        blobs.get("0" * 64)
    with pytest.raises(Corrupt, match="not the name of a blob"):
        blobs.get("../../etc/passwd")


def test_a_damaged_blob_is_mended_by_storing_its_content_again_when_its_size_differs(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    ref = blobs.put(b"hello")
    blobs.path(ref.sha).write_bytes(b"")
    assert blobs.get(blobs.put(b"hello").sha) == b"hello"


def test_a_large_value_leaves_the_row_and_comes_back_unseen(store: Store, events: Events) -> None:
    rows = [{"n": number, "text": "ä" * 20} for number in range(3000)]
    batch = Batch((events.start(), events.success(rows=rows, count=3000)))
    store.journal.append([batch])
    _start, (_seq, _kind, body) = store.journal.bodies("r1")
    assert len(body) < 1000
    stored = json.loads(body)
    assert stored["outputs"]["count"] == 3000
    assert json.loads(store.blobs.get(stored["outputs"]["rows"]["$blob"])) == rows
    assert tuple(store.journal.events("r1")) == batch.events
    assert store.journal.follow(0)[1][1] == batch.events[1]


def test_a_value_at_the_limit_stays_in_its_row(store: Store, events: Events) -> None:
    body = encode(events.success(text="x" * (BIG_VALUE - 1000)), store.blobs.put)
    assert "$blob" not in body and not store.blobs.folder.exists()


def test_many_values_under_the_limit_move_until_the_body_fits(store: Store, events: Events) -> None:
    event = events.success(**{f"v{number}": "x" * 60_000 for number in range(10)})
    body = encode(event, store.blobs.put)
    assert len(body) <= BIG_BODY
    assert 5 <= body.count('"$blob":') <= 7
    assert json.loads(decode(body, store.blobs.get))["outputs"] == event.outputs  # type: ignore[union-attr]


@pytest.mark.parametrize("count", [3000, 20_000])
def test_many_small_values_move_as_a_whole(store: Store, events: Events, count: int) -> None:
    batch = Batch((events.start(), events.success(**{f"v{n}": "x" * 100 for n in range(count)}, big="y" * 70_000)))
    store.journal.append([batch])
    assert all(len(body) <= BIG_BODY for _seq, _kind, body in store.journal.bodies("r1"))
    assert tuple(store.journal.events("r1")) == batch.events


def test_a_long_list_of_items_moves_as_one_blob(store: Store, events: Events) -> None:
    items = tuple(ItemEnd(index=n, run=f"r{n}", outcome="completed", output={"n": n}) for n in range(6000))
    ended = ItemsEnded(run="r1", seq=2, node="each", items=items)
    store.journal.append([Batch((events.start(), ended))])
    assert list(store.journal.events("r1"))[1] == ended


def test_a_value_that_looks_like_a_reference_stays_what_it_is(store: Store, events: Events) -> None:
    fake = {"$blob": "0" * 64, "size": 1, "media_type": "application/json", "$blobs": [["outputs", "fake"]]}
    batch = Batch((events.start(), events.success(fake=fake, big="x" * 70_000), events.success(fake=fake)))
    store.journal.append([batch])
    assert tuple(store.journal.events("r1")) == batch.events


def test_an_event_whose_blob_is_gone_is_not_read(store: Store, events: Events) -> None:
    store.journal.append([Batch((events.start(), events.success(text="x" * 70_000)))])
    for file in store.blobs.folder.rglob("*"):
        if file.is_file():
            file.unlink()
    with pytest.raises(Corrupt, match="missing"):
        list(store.journal.events("r1"))
