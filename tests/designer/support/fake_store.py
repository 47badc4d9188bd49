"""A store in memory, with the part of the real one's methods that the designer uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.errors import Refused
from engine.run.events import END_KINDS, Event, RunStarted, to_json
from engine.store import Draft, Piece, RunRow, Version
from engine.workflow.canonical import content_hash
from engine.workflow.model import Workflow


class FakeStore:
    """`library`, `drafts`, `journal`, `requests`, `progress` and `blobs` hold what a test puts into them."""

    def __init__(self) -> None:
        self.library = FakeLibrary()
        self.drafts = FakeDrafts()
        self.journal = FakeJournal()
        self.requests = FakeRequests()
        self.progress = FakeProgress()
        self.blobs = FakeBlobs()

    def data_version(self) -> int:
        return len(self.journal.all)


class FakeLibrary:
    def __init__(self) -> None:
        self.documents: dict[str, Workflow] = {}
        self.drawings: dict[int, Workflow] = {}
        self.kept: dict[str, list[Version]] = {}
        self._clock = 1_700_000_000.0

    def keep(self, workflow: Workflow) -> str:
        self.documents[content_hash(workflow)] = workflow
        return content_hash(workflow)

    def put(self, workflow: Workflow, name: str | None = None) -> str:
        if self.latest(name or workflow.name) != content_hash(workflow):
            self._insert(workflow, name, "", "")
        return content_hash(workflow)

    def save(self, workflow: Workflow, name: str | None = None, *, label: str = "", by: str = "") -> Version:
        newest = self.newest(name or workflow.name)
        if newest is not None and self.drawings[newest.id] == workflow and label in ("", newest.label):
            return newest
        return self._insert(workflow, name, label, by)

    def _insert(self, workflow: Workflow, name: str | None, label: str, by: str) -> Version:
        self._clock += 60.0
        version = Version(len(self.drawings) + 1, content_hash(workflow), self._clock, label, by)
        self.documents[version.hash] = workflow
        self.drawings[version.id] = workflow
        self.kept.setdefault(name or workflow.name, []).insert(0, version)
        return version

    def open(self, version: int) -> Workflow:
        if version not in self.drawings:
            raise Refused(f"There is no version {version} in the library.")
        return self.drawings[version]

    def label(self, version: int, text: str) -> None:
        self.open(version)
        for name, kept in self.kept.items():
            self.kept[name] = [replace(one, label=text) if one.id == version else one for one in kept]

    def get(self, digest: str) -> Workflow:
        if digest not in self.documents:
            raise Refused(f"There is no workflow version {digest[:12]} in the library.")
        return self.documents[digest]

    def latest(self, name: str) -> str | None:
        newest = self.newest(name)
        return newest.hash if newest is not None else None

    def newest(self, name: str) -> Version | None:
        return self.kept[name][0] if name in self.kept else None

    def versions(self, name: str) -> list[Version]:
        return list(self.kept.get(name, ()))

    def names(self) -> list[str]:
        return sorted(self.kept)


class FakeDrafts:
    def __init__(self) -> None:
        self.kept: dict[str, Draft] = {}
        self._clock = 1_700_000_000.0

    def put(self, draft: Draft) -> Draft:
        self._clock += 1.0
        self.kept.pop(draft.id, None)
        self.kept[draft.id] = replace(draft, at=draft.at or self._clock)
        return self.kept[draft.id]

    def get(self, id: str) -> Draft | None:
        return self.kept.get(id)

    def list(self) -> list[Draft]:
        return list(reversed(self.kept.values()))

    def remove(self, id: str) -> None:
        self.kept.pop(id, None)


class FakeJournal:
    def __init__(self) -> None:
        self.all: list[Event] = []

    def put(self, *events: Event) -> None:
        self.all += events

    def events(self, run: str, after: int = 0) -> Iterator[Event]:
        yield from (event for event in self.all if event.run == run and event.seq > after)

    def bodies(self, run: str, after: int = 0) -> Iterator[tuple[int, str, str]]:
        yield from ((event.seq, event.kind, to_json(event)) for event in self.events(run, after))

    def follow(self, after_rowid: int, limit: int = 1000, run: str | None = None) -> list[tuple[int, Event]]:
        found = [(place, one) for place, one in enumerate(self.all, 1) if place > after_rowid]
        return [one for one in found if run is None or one[1].run == run][:limit]

    def last_rowid(self) -> int:
        return len(self.all)

    def head(self, run: str) -> tuple[int, bytes] | None:
        last = next((event for event in reversed(self.all) if event.run == run), None)
        return (last.seq, b"") if last is not None else None

    def open_runs(self) -> list[str]:
        return [row.id for row in reversed(self.runs(limit=1 << 30)) if row.end is None]

    def run(self, run: str) -> RunRow | None:
        return next((row for row in self.runs(limit=1 << 30) if row.id == run), None)

    def runs(self, limit: int = 50, before: str | None = None, root: str | None = None) -> list[RunRow]:
        ends = {event.run: event.kind for event in self.all if event.kind in END_KINDS}
        rows = [
            RunRow(
                event.run, event.root_run or event.run, event.parent.run if event.parent else None,
                event.workflow, event.name, event.at, ends.get(event.run),
            )
            for event in self.all if isinstance(event, RunStarted)
        ]  # fmt: skip
        ids = [row.id for row in rows]
        rows = rows[: ids.index(before)] if before in ids else rows
        return [row for row in reversed(rows) if root is None or row.root == root][:limit]


class FakeRequests:
    def __init__(self) -> None:
        self.count = 0
        self._new: list[tuple[Any, ...]] = []

    def insert(self, kind: str, payload: dict[str, Any], actor: str, run: str | None = None, *, at: float) -> int:
        self.count += 1
        self._new.append((self.count, kind, payload, run, actor, at))
        return self.count

    def take(self) -> list[tuple[Any, ...]]:
        """What was inserted since the last call."""
        new, self._new = self._new, []
        return new

    def pending(self) -> list[Any]:
        return []


class FakeProgress:
    def __init__(self) -> None:
        self.pieces: list[Piece] = []

    def tail(self, after: int = 0, run: str | None = None, limit: int = 1000) -> list[Piece]:
        return [one for one in self.pieces if one.id > after and run in (None, one.run)][:limit]


class FakeBlobs:
    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}

    def get(self, digest: str) -> bytes:
        return self.data[digest]
