"""The live table: what it says of a step, and that it fits every terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from rich.console import Console

from engine.cli.picture import Plan, picture
from engine.observe.records import RunTrace
from engine.observe.trace import add
from engine.run import events as ev


class Shown:
    """A family of one run, as the table reads it."""

    def __init__(self, events: Sequence[tuple[float, ev.Event]], texts: dict[Any, str] | None = None) -> None:
        self.main = RunTrace()
        self.texts = texts or {}
        for seq, (at, event) in enumerate([(0.0, ev.RunStarted(workflow="h", name="alarm")), *events], 1):
            add(self.main, event.model_copy(update={"run": "r1", "seq": seq, "at": 1000.0 + at}))


def drawn(
    shown: Shown, plan: Plan, *, now: float = 10.0, width: int = 80, height: int = 24, notice: str = ""
) -> list[str]:
    """The table's lines as they stand on a terminal of this size."""
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None, highlight=False)
    console.print(picture(shown, plan, now=1010.0, width=width, height=height, notice=notice))  # type: ignore[arg-type]
    lines = out.getvalue().rstrip("\n").split("\n")
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= height
    return lines


def row(lines: list[str], step: str) -> str:
    """The row of a step."""
    return next(line for line in lines if line[2:].startswith(step))


ERROR = ev.Error(cls="connection", message="No route to the service that keeps the history of this machine, at all.")
EVENTS: list[tuple[float, ev.Event]] = [
    (0.0, ev.AttemptStarted(node="read", attempt=1)),
    (0.4, ev.StepSucceeded(node="read", outputs={"rows": [1, 2]})),
    (0.4, ev.AttemptStarted(node="fetch", attempt=1)),
    (4.0, ev.AttemptFailed(node="fetch", attempt=1, error=ERROR, retry_due=1014.2)),
    (0.5, ev.AttemptStarted(node="triage", attempt=1)),
    (0.6, ev.EffectSucceeded(node="triage", key="1", tool="model:small", result={"text": '{"tool":"lookup"}'})),
    (0.7, ev.EffectStarted(node="triage", key="2.1.1", effect="idempotent", tool="http.request", fingerprint="f",
                           via="lookup", args={"machine": "press 4"})),
    (0.8, ev.QuestionAsked(node="approve", question="q1", key="gate", type="gate", form={"headline": "Stop?"})),
    (0.9, ev.StepsSkipped(steps=(ev.StepRef(node="other"),), why="not_taken")),
]  # fmt: skip
PLAN = Plan(("read", "fetch", "triage", "approve", "other", "later"), {"fetch": 5})


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_every_row_fits_the_terminal_and_says_status_attempts_and_time(width: int) -> None:
    lines = drawn(Shown(EVENTS), PLAN, width=width)
    assert row(lines, "read").startswith("✓ read") and "done" in row(lines, "read") and "0.40 s" in row(lines, "read")
    assert "again in 4 s" in row(lines, "fetch") and "1/5" in row(lines, "fetch")
    assert row(lines, "approve").startswith("? ") and "waits for you" in row(lines, "approve")
    assert row(lines, "other").startswith("– ") and "skipped" in row(lines, "other")
    assert row(lines, "later").startswith("· ")


def test_what_an_agent_does_stands_below_its_step() -> None:
    texts = {("r1", "triage", "", "3"): '{"final": {"sever'}
    lines = drawn(Shown(EVENTS, texts), PLAN)
    below = lines[lines.index(row(lines, "triage")) + 1 :][:3]
    assert below[0].strip().startswith('↳ model small → {"tool":"lookup"}')
    assert below[1].strip().startswith("↳ lookup") and "press 4" in below[1]
    assert below[2].strip() == '↳ {"final": {"sever'


def test_a_long_workflow_shows_what_goes_on_and_counts_the_rest() -> None:
    keys = tuple(f"step_{number}" for number in range(300))
    done: list[tuple[float, ev.Event]] = [
        (0.1, ev.StepSucceeded(node=key, outputs={"output": 1})) for key in keys[:150]
    ]
    shown = Shown([*done, (0.2, ev.AttemptStarted(node="step_150", attempt=1))])
    lines = drawn(shown, Plan(keys), height=20)
    assert row(lines, "step_150")
    assert any("more steps" in line for line in lines)


def test_why_nothing_is_written_stands_under_the_table() -> None:
    notice = "paused: the disk is full; it goes on when there is room"
    assert drawn(Shown(EVENTS), PLAN, notice=notice)[-1] == notice
