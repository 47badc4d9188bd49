"""The chain on LangGraph with its SQLite saver; variants: a graph with `durability` `sync` or `async`, and `tasks`."""

from __future__ import annotations

import itertools
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict

from chain import STEPS, TEXT, Entrant, durability, serve
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, StateGraph

COMMITS = {
    "sync": "a graph; the checkpoint is on disk before the next step begins",
    "async": "a graph, the default durability; the checkpoint is written while the next step runs",
    "tasks": "the functional API; a task's result is written while the next task runs",
}


class Reading(TypedDict):
    n: int
    text: str


def count(state: Reading) -> Reading:
    return {"n": state["n"] + 1, "text": state["text"]}


def graph(saver: SqliteSaver) -> Any:
    """A node for each step."""
    builder = StateGraph(Reading)
    names = [f"n{i}" for i in range(1, STEPS + 1)]
    for name in names:
        builder.add_node(name, count)
    for source, target in itertools.pairwise([START, *names, END]):
        builder.add_edge(source, target)
    return builder.compile(checkpointer=saver)


def functional(saver: SqliteSaver) -> Any:
    """A loop that calls a task for each step."""
    step = task(count)

    @entrypoint(checkpointer=saver)
    def chain(state: Reading) -> Reading:
        for _ in range(STEPS):
            state = step(state).result()
        return state

    return chain


def make(folder: Path, variant: str) -> Entrant:
    connection = sqlite3.connect(folder / "checkpoints.sqlite", check_same_thread=False)
    saver = SqliteSaver(connection)
    saver.setup()  # turns WAL on; `synchronous` stays at SQLite's own FULL
    chain = functional(saver) if variant == "tasks" else graph(saver)
    mode = "async" if variant == "async" else "sync"
    threads = itertools.count()
    last: dict[str, int] = {}

    def run() -> None:
        config = {"configurable": {"thread_id": f"bench{next(threads)}"}}
        last.update(n=chain.invoke({"n": 0, "text": TEXT}, config, durability=mode)["n"])

    versions = f"{version('langgraph')}, checkpoint-sqlite {version('langgraph-checkpoint-sqlite')}"
    facts = {"version": versions, **durability(connection), "commits": COMMITS[variant]}
    return Entrant(facts, run, lambda: last["n"], connection.close)


if __name__ == "__main__":
    serve(make)
