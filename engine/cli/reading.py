"""Looking things up in a data folder: runs by id, open questions, stories of runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import Refused
from engine.observe.records import QuestionTrace, RunTrace
from engine.observe.trace import trace
from engine.settings import Settings, data_dir, load
from engine.store import DATA_FILE, Library, RunRow, Store, open_store
from engine.workflow.model import Workflow

SEARCHED = 500
"""Ended runs that are looked through for a closed question."""


@contextmanager
def reading(option: Path | None) -> Iterator[Store]:
    """The data folder's store as a client; Refused when there is none."""
    with open_store(data_dir(option) / DATA_FILE, role="client") as store:
        yield store


def is_there(option: Path | None) -> bool:
    """Whether the folder holds a data file."""
    return (data_dir(option) / DATA_FILE).exists()


def folder(option: Path | None) -> tuple[Path, Settings]:
    """The data folder and its settings; Refused when the settings cannot be read."""
    path = data_dir(option)
    return path, load(path)


def find_run(store: Store, name: str) -> RunRow:
    """A run by id, by the unique end or start of one, or `last`; Refused otherwise."""
    if name == "last":
        newest = next((row for row in store.journal.runs(limit=SEARCHED) if row.parent is None), None)
        if newest is None:
            raise Refused("There are no runs yet.", remedy="Start one with `signalboxctl run WORKFLOW`.")
        return newest
    row = store.journal.run(name)
    if row is not None:
        return row
    found = [row for row in store.journal.runs(limit=SEARCHED) if row.id.startswith(name) or row.id.endswith(name)]
    if len(found) == 1 and len(name) >= 3:
        return found[0]
    if len(found) > 1 and len(name) >= 3:
        raise Refused(f"{name!r} means {len(found)} runs.", remedy="Type more of the id.")
    raise Refused(f"There is no run {name!r}.", remedy="`signalboxctl runs` lists them.")


def story(store: Store, run: str) -> RunTrace:
    """What a run's journal says; the hash chain is checked on the way."""
    return trace(store.journal.events(run))


def workflow_of(library: Library, digest: str) -> Workflow | None:
    """The workflow version of a run; None when it is not in this library."""
    try:
        return library.get(digest)
    except Refused:
        return None


def open_questions(store: Store) -> list[QuestionTrace]:
    """All open questions of all open runs, oldest first."""
    found = [question for run in store.journal.open_runs() for question in story(store, run).open_questions]
    return sorted(found, key=lambda question: question.asked)


def find_question(store: Store, name: str) -> tuple[RunTrace, QuestionTrace] | None:
    """A question of an open run, or of one that ended not too long ago."""
    for run in store.journal.open_runs():
        found = story(store, run)
        if name in found.questions:
            return found, found.questions[name]
    for row in store.journal.runs(limit=SEARCHED):
        if row.end is None:
            continue
        if any(kind == "QuestionAsked" and name in body for _seq, kind, body in store.journal.bodies(row.id)):
            found = story(store, row.id)
            if name in found.questions:
                return found, found.questions[name]
    return None
