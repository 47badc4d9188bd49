"""What the canvas says of each node in a run: pure functions of the run's story, the workflow and the time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Literal

from designer.engine_link.durations import left, took
from designer.engine_link.endings import cancelled, failed, skipped, succeeded
from designer.engine_link.previews import preview
from designer.engine_link.rungs import climbed, climbing, handed_to, target_title
from designer.resources import tr
from engine.nodes.catalog import CATALOG
from engine.observe.records import EffectTrace, QuestionTrace, RunTrace, StepTrace
from engine.workflow.model import Node, Workflow

FaceStatus = Literal[
    "idle", "pending", "running", "waiting", "asking", "done", "failed", "skipped", "cancelled", "reused", "disabled"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Face:
    """How one node looks.

    `words` is one short line ("Running · 4.1 s") that says everything by itself; `attempt` is the counter in it
    ("2/5", from the second attempt on) for who draws it apart. `preview` holds at most three lines of the last output,
    or of the error. `since` and `until` are set while a clock runs on the face (in seconds since 1970: counting up from
    `since`, or down to `until`), so that it is drawn again every second. `counts` is (done, all) of what happens
    inside: rounds of a loop, items of an each. `visits` is how often the node was entered, or a tool called. `doubt`:
    nobody knows whether an effect happened.
    """

    status: FaceStatus = "idle"
    words: str = ""
    attempt: str = ""
    preview: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    counts: tuple[int, int] | None = None
    visits: int = 0
    doubt: bool = False

    @property
    def ticks(self) -> bool:
        """Whether the words change as time passes."""
        return self.since is not None or self.until is not None


def faces_of(trace: RunTrace | None, workflow: Workflow, now: float, seq: int | None = None) -> dict[str, Face]:
    """A face for every node of the workflow; `trace` None is a drawing at rest.

    `seq` says that the trace is a look back (as it was after that event): its clocks stand still at the time of that
    event. A node of a loop shows its newest visit.
    """
    if trace is None or not trace.run:
        return {node.key: _at_rest(node) for node in workflow.nodes}
    if seq is not None or trace.ended is not None:
        now = trace.at
    newest: dict[str, StepTrace] = {}
    visits: dict[str, int] = defaultdict(int)
    calls: dict[str, list[tuple[StepTrace, EffectTrace]]] = defaultdict(list)
    for step in trace.steps.values():
        newest[step.node] = step
        if step.status != "skipped":
            visits[step.node] += 1
        for effect in step.effects:
            if effect.via:
                calls[effect.via].append((step, effect))
    still = seq is not None or trace.ended is not None
    faces = {}
    for node in workflow.nodes:
        key = node.key
        if key in newest:
            face = _kept_face(trace, workflow, node, newest[key], now, visits[key])
        elif key in calls:
            face = _of_tool(node, calls[key], now)
        else:
            face = _not_reached(node, trace)
        faces[key] = replace(face, since=None, until=None) if still and face.ticks else face
    return faces


def _kept_face(trace: RunTrace, workflow: Workflow, node: Node, step: StepTrace, now: float, visits: int) -> Face:
    """The face of a step; one that has ended keeps its face, as all faces are asked for many times a second."""
    kept = _kept_faces.get(id(step))
    if kept is not None and kept[0] is step and kept[1] is node and kept[2].visits == visits:
        return kept[2]
    face = _of_step(trace, workflow, node, step, now)
    if face.visits != visits:
        face = replace(face, visits=visits)
    if step.ended is not None:
        if len(_kept_faces) >= KEPT:
            _kept_faces.clear()
        _kept_faces[id(step)] = (step, node, face)
    return face


KEPT = 20_000
_kept_faces: dict[int, tuple[StepTrace, Node, Face]] = {}


# ---- without a step
_IDLE, _PENDING = Face(), Face("pending")


def _at_rest(node: Node) -> Face:
    if node.mode == "disabled":
        return Face("disabled", tr("Disabled"))
    return Face("disabled", tr("Bypassed")) if node.mode == "bypassed" else _IDLE


def _not_reached(node: Node, trace: RunTrace) -> Face:
    face = _at_rest(node)
    return _PENDING if face is _IDLE and trace.ended is None else face


def _of_tool(node: Node, calls: list[tuple[StepTrace, EffectTrace]], now: float) -> Face:
    """A node that is only called, by an agent that has it as a tool."""
    tops = {(id(step), effect.key.rsplit(".", 2)[0]) for step, effect in calls}
    times = tr("Called once") if len(tops) == 1 else tr("Called {n} times").format(n=len(tops))
    step, last = max(calls, key=lambda call: call[1].started)
    if any(effect.status == "doubt" for _step, effect in calls):
        return Face("asking", tr("Did it happen? A person must say"), visits=len(tops), doubt=True)
    if last.status == "started" and step.ended is None:
        words = f"{times} · {took(now - last.started)}"
        return Face("running", words, since=last.started, visits=len(tops))
    if last.status == "failed":
        why = preview(last.error.message if last.error is not None else None)
        return Face("failed", tr("{times}, the last time it failed").format(times=times), preview=why, visits=len(tops))
    if step.ended is None and (rung := climbing(node, step, node.key)) is not None:
        return Face("running", rung[0], preview=rung[1], visits=len(tops))
    return Face("done", times, preview=preview(last.result), visits=len(tops))


# ---- with a step
def _of_step(trace: RunTrace, workflow: Workflow, node: Node, step: StepTrace, now: float) -> Face:
    kind = CATALOG[node.type].kind if node.type in CATALOG else "unknown"
    match step.status:
        case "succeeded":
            if step.by == "bypassed":
                return Face("disabled", tr("Bypassed"), preview=_output(node, step))
            status: FaceStatus = "reused" if step.by == "reused" else "done"
            counts = _counts(node, step)
            words = climbed(succeeded(trace, step, kind, counts), step)
            if who := handed_to(workflow, node, step):
                words = tr("Handed off to {who}").format(who=who)
            return Face(status, words, attempt=_attempt(node, step), preview=_output(node, step), counts=counts)
        case "failed":
            why = preview(step.error.message if step.error is not None else None)
            who = target_title(workflow, node.key, "error") if step.handled == "route" else ""
            words = tr("Failed, {who} took over").format(who=who) if who else failed(step)
            return Face("failed", words, attempt=_attempt(node, step), preview=why, counts=_counts(node, step))
        case "skipped":
            return Face("disabled", tr("Disabled")) if node.mode == "disabled" else Face("skipped", skipped(step.why))
        case "cancelled":
            return Face("cancelled", cancelled(step.why), preview=_output(node, step), counts=_counts(node, step))
    return _under_way(trace, node, step, now)


def _under_way(trace: RunTrace, node: Node, step: StepTrace, now: float) -> Face:
    attempt, tries = step.attempt, _attempt(node, step)
    before = preview(attempt.error.message if attempt is not None and attempt.error is not None else None)
    if trace.ended is not None:  # an end that left it where it was
        return Face("cancelled", tr("Not finished"), attempt=tries)
    question = _question(trace, step)
    if question is not None:
        return _asking(question, tries, now)
    if step.status == "backoff" and step.due is not None:
        words = tr("{n}, again in {wait}").format(n=_tried(node, step), wait=left(step.due - now))
        return Face("waiting", words, attempt=_tried(node, step), preview=before, until=step.due)
    if step.status == "interrupted":
        return Face("waiting", tr("Goes on when the engine is back"), attempt=tries)
    if step.due is not None:
        what = tr("Waiting for its inputs") if step.attempt is None else tr("Sleeping")
        words = tr("{what} · {time} left").format(what=what, time=left(step.due - now))
        return Face("waiting", words, attempt=tries, until=step.due)
    if step.status == "pending":
        return Face("pending", tr("Waiting for its inputs"))
    if step.status == "waiting":
        return Face("waiting", tr("Waiting"), attempt=tries)
    counts = _counts(node, step)
    if counts is not None:
        words = tr("Round {n} of {all}") if step.rounds else tr("{n} of {all}")
        return Face("running", words.format(n=counts[0], all=counts[1]), attempt=tries, counts=counts)
    if step.rounds:
        return Face("running", tr("Round {n}").format(n=step.rounds))
    if (rung := climbing(node, step)) is not None:
        return Face("running", rung[0], attempt=tries, preview=rung[1])
    since = attempt.started if attempt is not None else step.started or now
    said = tr("Running {n}").format(n=tries) if tries else tr("Running")
    return Face("running", f"{said} · {took(now - since)}", attempt=tries, since=since)


def _asking(question: QuestionTrace, tries: str, now: float) -> Face:
    doubt = question.type == "doubt"
    words = {
        "doubt": tr("Did it happen? A person must say"),
        "escalation": tr("Failed. A person must decide"),
        "approval": tr("Waiting for an approval"),
        "form": tr("Waiting for somebody to fill it in"),
    }.get(question.type, tr("Waiting for a person"))
    counts = (len(question.answers), question.required) if question.required > 1 else None
    if counts is not None:
        words = tr("{n} of {all} have approved").format(n=counts[0], all=counts[1])
    if question.due is not None:
        words = tr("{what} · {time} left").format(what=words, time=left(question.due - now))
    return Face("asking", words, attempt=tries, until=question.due, counts=counts, doubt=doubt)


def _question(trace: RunTrace, step: StepTrace) -> QuestionTrace | None:
    """The question of this step that is due first."""
    found = [trace.questions[one] for one in step.questions if trace.questions[one].outcome is None]
    return min(found, key=lambda one: (one.due is None, one.due or 0.0, one.asked), default=None)


# ---- parts of a face
def _counted(step: StepTrace) -> int:
    """Attempts that count: an end of the engine takes none away."""
    return sum(attempt.outcome != "interrupted" for attempt in step.attempts)


def _tried(node: Node, step: StepTrace) -> str:
    return f"{max(1, _counted(step))}/{max(node.policy.max_attempts, _counted(step))}"


def _attempt(node: Node, step: StepTrace) -> str:
    return _tried(node, step) if _counted(step) > 1 else ""


def _counts(node: Node, step: StepTrace) -> tuple[int, int] | None:
    if step.children_total is not None and node.type != "subworkflow":
        return min(step.children_ended, step.children_total), step.children_total
    limit = node.params.get("limit", node.params.get("max_handoffs"))
    if step.rounds and isinstance(limit, int):
        return step.rounds, max(limit, step.rounds)
    return None


def _output(node: Node, step: StepTrace) -> tuple[str, ...]:
    outputs = step.outputs
    if not outputs:
        return ()
    node_type = CATALOG.get(node.type)
    main = node_type.shape(node.params).main if node_type is not None else ""
    return preview(outputs[main] if main in outputs else next(iter(outputs.values())))
