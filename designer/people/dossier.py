"""What the store knows about a question beyond its form: read on the worker thread, shown as evidence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Refused
from engine.ids import step_text
from engine.observe.records import QuestionTrace, RunTrace, StepTrace
from engine.observe.trace import trace
from engine.run.questions import APPROVING
from engine.store import Store
from engine.store.bodies import decode
from engine.workflow.model import Node, Workflow

LOOKED_BACK = 100
"""Runs that are looked through for earlier answers to the same step."""
MESSAGES = 6


@dataclass(frozen=True)
class Message:
    """One thing that was said to or by a model; `model` marks its own words."""

    role: str
    text: str
    model: bool = False


@dataclass(frozen=True)
class Earlier:
    """How people answered the same step before: counts by option, over how many runs that was looked for."""

    counts: Mapping[str, int] = field(default_factory=dict)
    runs: int = 0

    @property
    def approved(self) -> int:
        """Approvals, with changes or without."""
        return sum(self.counts.get(name, 0) for name in APPROVING)


@dataclass(frozen=True)
class Dossier:
    """Who, what and why of one question, and the evidence around it."""

    question: str = ""
    rule: str = ""
    rule_name: str = ""
    escalate_to: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    run_inputs: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    more_messages: int = 0
    words: str = ""
    earlier: Earlier = Earlier()


def read_dossier(store: Store, question: QuestionTrace) -> Dossier:
    """Everything about one question; what cannot be read is left out rather than refused."""
    run = trace(store.journal.events(question.run))
    workflow = _workflow(store, run.workflow)
    node = workflow.by_key.get(question.node) if workflow else None
    step = run.steps.get((question.node, question.visit))
    said = _messages(step) if question.type in ("agent", "approval", "escalation") else []
    rule_name, rule = rule_of(question, workflow, node)
    return Dossier(
        question=question.id,
        rule=rule,
        rule_name=rule_name,
        escalate_to=_escalate_to(node),
        before=_before(run, workflow, question),
        run_inputs=run.inputs,
        messages=tuple(said[-MESSAGES:]),
        more_messages=max(0, len(said) - MESSAGES),
        words=next((message.text for message in reversed(said) if message.model), ""),
        earlier=read_earlier(store, question, run.name),
    )


def read_question(store: Store, question: QuestionTrace) -> tuple[QuestionTrace | None, bool]:
    """The question as it stands now, and whether its run has ended."""
    run = trace(store.journal.events(question.run))
    return run.questions.get(question.id), run.ended is not None


def rule_of(question: QuestionTrace, workflow: Workflow | None, node: Node | None) -> tuple[str, str]:
    """(rule, detail) that made a person necessary: names that `words.rule_sentence` makes a sentence of."""
    kind = question.type
    if kind == "approval":
        evidence = question.form.get("evidence") or {}
        tool = str(evidence.get("tool", ""))
        if evidence.get("chosen_by"):
            return "approval:when_tainted", tool
        wired = workflow.by_key.get(tool) if workflow else None
        use = wired.params.get("tool") if wired else None
        when = str(use.get("approval", "each")) if isinstance(use, Mapping) else "each"
        return f"approval:{when}", tool
    if kind == "escalation":
        return "escalation", str(node.policy.max_attempts if node else "")
    return kind, ""


def read_earlier(store: Store, question: QuestionTrace, name: str) -> Earlier:
    """How the same step's questions of the same type were settled in earlier runs of the same workflow."""
    counts: Counter[str] = Counter()
    looked = 0
    for row in store.journal.runs(limit=LOOKED_BACK):
        if row.name != name or row.id == question.run:
            continue
        looked += 1
        asked: set[str] = set()
        for event in question_events(store, row.id):
            if event.get("node") != question.node:
                continue
            if event["kind"] == "QuestionAsked" and event.get("type") == question.type:
                asked.add(str(event.get("question")))
            elif event["kind"] == "QuestionSettled" and str(event.get("question")) in asked:
                counts[str(event.get("outcome"))] += 1
    counts.pop("withdrawn", None)
    return Earlier(dict(counts), looked)


def question_events(store: Store, run: str) -> Iterable[dict[str, Any]]:
    """The events of a run that are about people, whole, without reading the others."""
    for _seq, kind, body in store.journal.bodies(run):
        if kind.startswith("Question") or kind == "RunStarted":
            yield json.loads(decode(body, store.blobs.get))


def _workflow(store: Store, digest: str) -> Workflow | None:
    try:
        return store.library.get(digest)
    except Refused:
        return None


def _escalate_to(node: Node | None) -> str:
    name = str(node.params.get("escalate_to") or "") if node else ""
    return "" if "{{" in name else name


def _before(run: RunTrace, workflow: Workflow | None, question: QuestionTrace) -> dict[str, Any]:
    """What the steps right before this one gave, by their titles."""
    if workflow is None:
        return {}
    found: dict[str, Any] = {}
    for edge in workflow.edges:
        if edge.target != question.node:
            continue
        step = _latest(run, edge.source, question)
        if step is None or step.outputs is None or edge.out not in step.outputs:
            continue
        node = workflow.by_key.get(edge.source)
        found[(node.title if node and node.title else step_text(step.node, step.visit))] = step.outputs[edge.out]
    return found


def _latest(run: RunTrace, node: str, question: QuestionTrace) -> StepTrace | None:
    same = run.steps.get((node, question.visit))
    if same is not None:
        return same
    visits = [step for (key, _visit), step in run.steps.items() if key == node and step.outputs is not None]
    return visits[-1] if visits else None


def _messages(step: StepTrace | None) -> list[Message]:
    """What the step's newest model call was told, and what it said."""
    calls = [effect for effect in step.effects if effect.tool.startswith("model:")] if step else []
    if not calls:
        return []
    args = calls[-1].args if isinstance(calls[-1].args, Mapping) else {}
    listed = args.get("messages") if isinstance(args.get("messages"), list) else []
    said = [
        Message(str(message.get("role", "")), str(message.get("content", "")), message.get("role") == "assistant")
        for message in listed or []
        if isinstance(message, Mapping)
    ]
    result = calls[-1].result
    if isinstance(result, Mapping) and result.get("text"):
        said.append(Message("assistant", str(result["text"]), model=True))
    return said
