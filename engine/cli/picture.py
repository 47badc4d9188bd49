"""The live table of a run: one row a step, what its agent does below it, no wider or higher than the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.cli.failures import plain
from engine.cli.lines import called, outcome, said
from engine.cli.output import STYLES, brief, countdown, seconds, short
from engine.observe.records import EffectTrace, RunTrace, StepTrace

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from engine.observe.family import Family

Rows = list[tuple[str, StepTrace | None]]
INDENT = "    "
LAST_EFFECTS = 4
WORDS_WIDTH, TRIES_WIDTH, TIME_WIDTH = 16, 5, 8
WORDS = {
    "pending": "", "running": "running", "succeeded": "done", "skipped": "skipped", "cancelled": "cancelled",
    "failed": "failed", "interrupted": "interrupted",
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What the drawing says of a run beyond its journal: its steps in order, their names and attempts."""

    nodes: tuple[str, ...] = ()
    attempts: Mapping[str, int] = field(default_factory=dict)


def plan_of(workflow: Any) -> Plan:
    """The plan of a workflow; an empty one when its version is not here."""
    if workflow is None:
        return Plan()
    from engine.nodes.catalog import shape_of
    from engine.workflow.order import analyse

    order = analyse(workflow, shape_of)
    nodes = tuple(node.key for node in workflow.nodes if node.key in order.rank)
    return Plan(nodes, {node.key: node.policy.max_attempts for node in workflow.nodes})


def picture(family: Family, plan: Plan, *, now: float, width: int, height: int, notice: str = "") -> RenderableType:
    """The run as it is now."""
    from rich.console import Group
    from rich.text import Text

    run = family.main
    latest = {node: step for (node, _visit), step in run.steps.items()}  # the newest visit of each node
    rows: Rows = [(key, latest.get(key)) for key in _keys(run, plan)]
    inside = {
        key: _inside(family, run, step, width)
        for key, step in rows
        if step is not None and step.status in ("running", "waiting", "backoff")
    }
    shown, left_out = _window(rows, max(3, height - 4 - sum(map(len, inside.values()))))
    columns = Columns.of(shown, width)
    lines: list[RenderableType] = [head(run, now)]
    for key, step in shown:
        lines.append(_row(columns, key, step, plan.attempts.get(key, 1), now))
        lines += inside.get(key, ())
    if left_out:
        lines.append(Text(f"  … and {left_out} more steps", style="dim"))
    if notice:
        lines.append(Text(notice, style="bold yellow", no_wrap=True, overflow="ellipsis"))
    return Group(*lines)


@dataclass(frozen=True)
class Columns:
    """Widths in characters: symbol and gaps are fixed, the last column takes the rest."""

    step: int
    last: int

    @classmethod
    def of(cls, rows: Rows, width: int) -> Columns:
        """As wide as the names need, within a quarter of the terminal."""
        names = [step.name if step is not None else key for key, step in rows]
        step = min(max([8, *map(len, names)]), max(12, width // 4))
        return cls(step, max(8, width - (2 + step + 2 + WORDS_WIDTH + 1 + TRIES_WIDTH + 1 + TIME_WIDTH + 2) - 1))

    def line(
        self, symbol: str, step: str, words: str, tries: str, time: str, last: str, style: str, last_style: str
    ) -> Text:
        """One row."""
        from rich.text import Text

        quiet = "dim" if style == "dim" else ""
        row = Text(no_wrap=True, overflow="ellipsis")
        row.append(f"{symbol} ", style=style)
        row.append(f"{short(step, self.step):<{self.step}}  ", style=quiet)
        row.append(f"{short(words, WORDS_WIDTH):<{WORDS_WIDTH}} ", style=style)
        row.append(f"{tries:<{TRIES_WIDTH}} ", style=style)
        row.append(f"{time:>{TIME_WIDTH}}  ", style="dim")
        row.append(short(last, self.last), style=last_style)
        return row


def head(run: RunTrace, now: float) -> Text:
    """The line above the table: which run, how it stands, since when."""
    from rich.text import Text

    waiting = run.ended is None and bool(run.open_questions)
    status = "waiting" if waiting else run.status
    symbol, style = STYLES.get(status, ("▸", "cyan"))
    words = (
        "cancelling" if run.cancelling and run.ended is None else {"waiting": "waits for a person"}.get(status, status)
    )
    text = Text.assemble(
        f"{symbol} ", (plain(run.name), "bold"), f"  {words}", style=style, no_wrap=True, overflow="ellipsis"
    )
    text.append(f"  {seconds((run.ended or now) - run.started) if run.started else ''}  run {run.run}", style="dim")
    return text


def _keys(run: RunTrace, plan: Plan) -> list[str]:
    seen = dict.fromkeys([*plan.nodes, *(node for node, _visit in run.steps)])
    return list(seen)


def _window(rows: Rows, room: int) -> tuple[Rows, int]:
    """As many rows as fit, those around what is going on."""
    if len(rows) <= room:
        return rows, 0
    going = [number for number, (_key, step) in enumerate(rows) if step is not None and step.ended is None]
    done = [number for number, (_key, step) in enumerate(rows) if step is not None and step.ended is not None]
    middle = going[0] if going else (done[-1] if done else 0)
    start = max(0, min(middle - room // 2, len(rows) - room))
    return rows[start : start + room], len(rows) - room


def _row(columns: Columns, key: str, step: StepTrace | None, attempts: int, now: float) -> Text:
    if step is None:
        return columns.line("·", key, "", "", "", "", "dim", "dim")
    status = step.status
    symbol, style = STYLES.get(status, ("·", "dim"))
    handled = status == "failed" and step.handled in ("route", "continue")
    last_style = "dim" if style == "dim" else "red" if status == "failed" and not handled else ""
    return columns.line(
        symbol, step.name, _words(step, now), _tries(step, attempts), _time(step, now), _last(step, columns.last),
        "yellow" if handled else style, last_style,
    )  # fmt: skip


def _words(step: StepTrace, now: float) -> str:
    if step.status == "backoff" and step.due is not None:
        return f"again in {countdown(step.due - now)}"
    if step.status == "waiting":
        return f"sleeps {countdown(step.due - now)}" if step.due is not None else "waits for you"
    if step.status == "failed" and step.handled in ("route", "continue"):
        return "failed, handled"
    if step.by in ("reused", "bypassed"):
        return step.by
    if step.rounds and step.ended is None:
        return f"round {step.rounds}"
    if step.children_total is not None and step.ended is None:
        return f"{step.children_ended}/{step.children_total} items"
    return WORDS.get(step.status, step.status)


def _tries(step: StepTrace, attempts: int) -> str:
    number = sum(1 for attempt in step.attempts if attempt.outcome != "interrupted")
    return f"{number}/{attempts}" if number > 1 or (attempts > 1 and step.status in ("running", "backoff")) else ""


def _time(step: StepTrace, now: float) -> str:
    if step.started is None or step.status in ("skipped", "pending"):
        return ""
    return seconds((step.ended or now) - step.started)


def _last(step: StepTrace, width: int) -> str:
    if step.error is not None and step.status in ("failed", "backoff", "running"):
        return f"{step.error.cls}: {short(step.error.message, width)}"
    if step.status == "succeeded":
        return outcome(step, width)
    if step.because:
        return step.because
    return {"failed": "what it needs has failed", "not_taken": "not taken"}.get(step.why, step.why.replace("_", " "))


def _inside(family: Family, run: RunTrace, step: StepTrace, width: int) -> list[Text]:
    """What an unfinished step is doing: its last effects, the text that a model is writing, what was refused."""
    from rich.text import Text

    lines = [_effect(family, run, step, effect, width) for effect in step.effects[-LAST_EFFECTS:]]
    lines += [f"! {text}" for _at, text in step.notes[-2:]]
    writing = _writing(family, run, step)
    if writing:
        lines.append(f"↳ {writing}")
    room = max(20, width - 6)
    return [Text(INDENT + short(line, room), style="dim", no_wrap=True, overflow="ellipsis") for line in lines if line]


def _effect(family: Family, run: RunTrace, step: StepTrace, effect: EffectTrace, width: int) -> str:
    if effect.tool in ("sleep", "now"):
        return ""
    name = called(effect.tool, effect.via)
    if effect.status == "ok":
        return f"↳ {name} → {said(effect.tool, effect.result, width)}"
    if effect.status == "failed" and effect.error is not None:
        return f"↳ {name} failed: {effect.error.message}"
    if effect.status == "doubt":
        return f"↳ {name}: in doubt, it may have happened"
    return f"↳ {name} {brief(effect.args, width)} …"


def _writing(family: Family, run: RunTrace, step: StepTrace) -> str:
    """The end of what a model is writing now; a finished effect has its result instead."""
    if step.status != "running":
        return ""
    done = {effect.key for effect in step.effects}
    for (owner, node, visit, key), text in reversed(family.texts.items()):
        if owner == run.run and node == step.node and visit == ".".join(map(str, step.visit)) and key not in done:
            return text[-200:]
    return ""
