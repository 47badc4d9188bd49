from __future__ import annotations

from pathlib import Path

from store_kit import Events, child, finished

from engine.store import Batch, Reply, Store, open_store

ASK = """
import sys
from pathlib import Path
from engine.store import open_store
with open_store(Path(sys.argv[1]), role="client") as store:
    print(store.requests.insert("answer", {"option": sys.argv[2]}, "ann", "r1", at=12.5))
"""


def test_a_request_of_another_process_is_seen_by_the_engine_through_data_version(store: Store) -> None:
    before = store.data_version()
    assert store.data_version() == before
    out = finished(ASK, store.path, "approve")
    assert store.data_version() != before
    (request,) = store.requests.pending()
    assert request.id == int(out)
    assert (request.kind, request.run, request.actor, request.at) == ("answer", "r1", "ann", 12.5)
    assert request.payload == {"option": "approve"}


def test_a_request_made_while_no_engine_runs_waits_for_the_next_one(path: Path) -> None:
    open_store(path, role="engine").close()
    with open_store(path, role="client") as client:
        first = client.requests.insert("start", {"workflow": "w"}, "ann", at=1.0)
        second = client.requests.insert("cancel", {}, "bob", "r1", at=2.0)
        assert client.requests.outcome(first) is None
    with open_store(path, role="engine") as engine:
        assert [request.id for request in engine.requests.pending()] == [first, second]


def test_a_client_sees_the_reply(store: Store, events: Events) -> None:
    with open_store(store.path, role="client") as client:
        request = client.requests.insert("answer", {}, "ann", at=1.0)
        store.journal.append([Batch((), (Reply(request, False, "It was already answered."),))])
        assert client.requests.outcome(request) == Reply(request, False, "It was already answered.")
        assert client.requests.outcome(999) is None


def test_requests_and_appends_at_once_lose_nothing(store: Store, events: Events) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom engine.store import open_store\n"
        "with open_store(Path(sys.argv[1]), role='client') as store:\n"
        "    for n in range(30): store.requests.insert('answer', {'n': n}, 'ann', at=float(n))\n"
    )
    processes = [child(code, store.path) for _ in range(2)]
    store.journal.append([Batch((events.start(),))])
    while any(process.poll() is None for process in processes):
        store.journal.append([Batch((events.attempt(),))])
    for process in processes:
        assert process.communicate()[1] == ""
    assert len(store.requests.pending()) == 60
    assert len(list(store.journal.events("r1"))) == events.seqs["r1"]
