"""Journals written by hand for the readers of journals."""

from __future__ import annotations

from collections.abc import Iterable

from engine.observe.records import RunTrace
from engine.observe.trace import trace
from engine.run import events as ev
from engine.workflow.file import load_text

WORKFLOW = load_text("""
format: 1
name: alarm
nodes:
  read:
    type: http.request
    params: {url: "http://127.0.0.1/x"}
    policy: {max_attempts: 3, backoff: {first_s: 2, factor: 3, max_s: 5, jitter: 0}, retry_on: [connection]}
  check:
    type: branch
    params: {cases: [{name: high, when: "true"}]}
  stop_line:
    type: data.set
    params: {values: {x: 1}}
  approve:
    type: gate
    params: {headline: "Stop?"}
  after:
    type: data.set
    params: {values: {y: 1}}
  last:
    type: data.set
    params: {values: {z: 1}}
edges:
  - read.response -> check.input
  - check.high -> approve.input
  - check.otherwise -> stop_line.input
  - stop_line.output -> after.input
  - after.output -> last.input
""")


def journal(*timed: tuple[float, ev.Event], workflow: str = "hash") -> list[ev.Event]:
    """Events of one run at seconds since its start, numbered, its start before them."""
    first = ev.RunStarted(run="r1", seq=1, at=1000.0, actor="ann", workflow=workflow, name="alarm", root_run="r1")
    rest = [
        event.model_copy(update={"run": "r1", "seq": n, "at": 1000.0 + at}) for n, (at, event) in enumerate(timed, 2)
    ]
    return [first, *rest]


def story(*timed: tuple[float, ev.Event]) -> RunTrace:
    """The story of such a journal."""
    return trace(journal(*timed))


def texts(reasons: Iterable[object]) -> str:
    """All sentences, one a line."""
    return "\n".join(str(reason.text) for reason in reasons)  # type: ignore[attr-defined]


def error(cls: str = "connection", message: str = "No route.") -> ev.Error:
    """Why something failed."""
    return ev.Error(cls=cls, message=message)
