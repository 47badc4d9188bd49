"""What the shell may complete: ids and names read from the data folder. A completion never fails, it offers nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from engine.store import Store

Found = list[tuple[str, str]]


def _quiet(look: Callable[[Store, typer.Context], Iterator[tuple[str, str]]]) -> Callable[[typer.Context, str], Found]:
    @wraps(look)
    def complete(ctx: typer.Context, incomplete: str) -> Found:
        from engine.settings import data_dir
        from engine.store import DATA_FILE, open_store

        try:
            with open_store(data_dir(ctx.params.get("data_dir")) / DATA_FILE, role="client") as store:
                return [(word, help) for word, help in look(store, ctx) if word.startswith(incomplete)]
        except Exception:
            return []

    # typer matches parameters by annotation, which `wraps` took from the inner function
    complete.__annotations__ = {"ctx": typer.Context, "incomplete": str, "return": Found}
    del complete.__wrapped__
    return complete


@_quiet
def runs(store: Store, ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Newest runs."""
    for row in store.journal.runs(limit=50):
        yield row.id, f"{row.name} {row.end or 'open'}"


@_quiet
def questions(store: Store, ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Open questions."""
    from engine.cli.reading import open_questions

    for question in open_questions(store):
        yield question.id, str(question.form.get("headline", ""))


@_quiet
def question_options(store: Store, ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """The options of the question that was typed before."""
    from engine.cli.reading import open_questions

    for question in open_questions(store):
        if question.id == ctx.params.get("question"):
            for option in question.form.get("options", ()):
                yield str(option["name"]), str(option.get("label", ""))


@_quiet
def workflows(store: Store, ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Names in the library."""
    for name in store.library.names():
        yield name, "in the library"


@_quiet
def steps(store: Store, ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Node keys of the run that was typed before."""
    from engine.cli.reading import find_run

    row = find_run(store, str(ctx.params.get("run") or "last"))
    for node in store.library.get(row.workflow).nodes:
        yield node.key, node.title or node.type
