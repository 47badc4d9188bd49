"""What happened inside one step, in order, as plain entries that a view draws one below the other. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from designer.resources import tr
from designer.runs.story_agents import asked_agent, depth_of, handed_facts, hints_text, used_text
from designer.runs.words import said_text, seconds_text, tool_text, value_text, why_skipped_word
from engine.run import events as ev
from engine.run.spent import spent, together
from engine.workflow.model import Node, Policy

Kind = Literal["attempt", "agent", "model", "tool", "person", "note", "wait", "error", "end"]
"""attempt, agent (one that is asked): headings · model, tool: an effect with what it was given and gave · person:
question or answer · note: one sentence · wait: a stretch of time · error: what went wrong · end: how the step ended."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story; `id` stays the same while it grows. `tone` is a status of the theme.

    `until` is None while it lasts. `given` and `result` are the values to unfold; `planned` is how long a wait should
    have been; `question` the id of a question that can be opened; `depth` how many agents above were asked.
    """

    id: str
    kind: Kind
    at: float
    title: str
    text: str = ""
    tone: str = ""
    until: float | None = None
    planned: float | None = None
    given: Any = None
    result: Any = None
    facts: tuple[str, ...] = ()
    question: str = ""
    depth: int = 0

    @property
    def lasts(self) -> bool:
        """Whether it has an end that is still to come."""
        return self.until is None


def story_of(
    events: Iterable[ev.Event],
    policy: Policy | None = None,
    node: Node | None = None,
    agents: Mapping[str, str] | None = None,
) -> list[Entry]:
    """The entries of one step from its own events, oldest first; its policy says what was planned.

    `agents` are the workflow's agents by key, with their titles: what one of them does when it is asked stands below.
    """
    told = _Telling(policy if policy is not None or node is None else node.policy, node, agents or {})
    for event in events:
        teller = _TELL.get(event.kind)
        if teller is not None:
            teller(told, event)
    return list(told.entries.values())


class _Telling:
    """The entries so far, by id, in the order in which they began."""

    def __init__(self, policy: Policy | None, node: Node | None, agents: Mapping[str, str]) -> None:
        self.entries: dict[str, Entry] = {}
        self.policy, self.node, self.agents = policy, node, agents
        self.calls: dict[str, str] = {}  # agents that were asked: the heading's id by the key of the call
        self.refused: dict[int, int] = {}  # answers refused in a row, by depth
        self.spent: dict[str, Any] = {}
        self.failures = 0
        self.attempt = 0
        self.waits: str = ""
        self.asked: dict[str, ev.QuestionAsked] = {}

    def put(self, entry: Entry) -> None:
        self.entries[entry.id] = entry

    def change(self, name: str, **fields: Any) -> None:
        if name in self.entries:
            self.entries[name] = replace(self.entries[name], **fields)

    @property
    def heading(self) -> str:
        return f"attempt {self.attempt}"


# ---- attempts
def _attempt_started(told: _Telling, e: ev.AttemptStarted) -> None:
    if told.waits:
        told.change(told.waits, until=e.at)
        told.waits = ""
    if f"attempt {e.attempt}" in told.entries and told.attempt == e.attempt:
        told.change(told.heading, until=None, tone="running")
        return
    told.attempt = e.attempt
    told.refused.clear()
    told.calls.clear()
    title = tr("Attempt {n}").format(n=e.attempt)
    allowed = told.policy.max_attempts if told.policy is not None else 1
    if allowed > 1 and e.attempt <= allowed:
        title = tr("Attempt {n} of {all}").format(n=e.attempt, all=allowed)
    facts: tuple[str, ...] = ()
    if e.items is not None:
        facts = (tr("{n} items, {m} at once").format(n=e.items, m=e.at_once),)
    told.put(Entry(told.heading, "attempt", e.at, title, tone="running", facts=facts))


def _attempt_suspended(told: _Telling, e: ev.AttemptSuspended) -> None:
    told.change(told.heading, tone="waiting")


def _attempt_interrupted(told: _Telling, e: ev.AttemptInterrupted) -> None:
    told.change(told.heading, tone="waiting", until=e.at)
    how = (
        tr("The engine was stopped cleanly. The step goes on from its records; this does not count as an attempt.")
        if e.cause == "shutdown"
        else tr("The engine ended without warning. What had a result is not repeated.")
    )  # fmt: skip
    told.put(Entry(f"cut {e.seq}", "note", e.at, tr("Interrupted"), how, "waiting", e.at))


def _attempt_failed(told: _Telling, e: ev.AttemptFailed) -> None:
    told.change(told.heading, tone="failed", until=e.at)
    blamed = next(reversed(told.entries.values()), None)
    if blamed is not None and blamed.kind in ("model", "tool") and blamed.text.endswith(e.error.message):
        told.change(blamed.id, text=value_text(blamed.given))  # the sentence stands below it
    told.put(
        Entry(f"error {e.seq}", "error", e.at, e.error.cls, e.error.message, "failed", e.at, result=e.error.detail)
    )
    if e.retry_due is None:
        return
    told.failures += 1
    told.waits = f"wait {e.seq}"
    words = [_planned(told.policy, told.failures)]
    if e.redo_from is not None:
        redone = next(
            (one for one in reversed(told.entries.values()) if one.id.startswith(f"effect {e.redo_from} ")), None
        )
        words.append(
            tr("then again from {effect} on").format(effect=redone.title if redone is not None else e.redo_from)
        )
    told.put(Entry(told.waits, "wait", e.at, tr("Waits before the next attempt"), "  ·  ".join(filter(None, words)),
                   "waiting", planned=e.retry_due - e.at))  # fmt: skip


def _planned(policy: Policy | None, failures: int) -> str:
    """How long the policy says that this wait is: `2 s (1 s × 2), ± 10 %`."""
    if policy is None:
        return ""
    plan = policy.backoff
    whole = min(plan.max_s, plan.first_s * plan.factor ** min(failures - 1, 200))
    text = seconds_text(whole)
    if failures > 1 and plan.factor != 1 and whole < plan.max_s:
        text += f" ({seconds_text(plan.first_s)} × {plan.factor:g}" + (f"^{failures - 1})" if failures > 2 else ")")
    return text + (f" ± {plan.jitter * 100:g} %" if plan.jitter else "")


# ---- the step's end
def _succeeded(told: _Telling, e: ev.StepSucceeded) -> None:
    told.change(told.heading, tone="done", until=e.at)
    words = {
        "planner": tr("Decided without an attempt"),
        "person": tr("A person's answer settled it"),
        "deadline": tr("Its deadline settled it"),
        "reused": tr("Reused from run {run}: type, params and inputs are the same"),
    }.get(e.by, tr("Done"))
    ports = tuple(f"→ {port}" for port in e.outputs)
    used = used_text(told.spent, told.node)
    ports += (tr("used {what}").format(what=used),) if used else ()
    told.put(Entry("end", "end", e.at, words.format(run=e.origin or ""), value_text(_one(e.outputs)),
                   "reused" if e.by == "reused" else "done", e.at, facts=ports))  # fmt: skip


def _failed(told: _Telling, e: ev.StepFailed) -> None:
    if told.waits:  # it was ended while it waited for its next attempt
        told.change(told.waits, until=e.at)
        told.waits = ""
    told.change(told.heading, tone="failed", until=e.at)
    words = {
        "route": tr("Failed for good: its error port took over"),
        "continue": tr("Failed for good: the run went on with the value of its policy"),
    }.get(e.handled, tr("Failed for good: nothing handled that"))
    used = used_text(told.spent, told.node)
    facts = (tr("used {what}").format(what=used),) if used else ()
    told.put(Entry("end", "end", e.at, words, f"{e.error.cls}: {e.error.message}", "failed", e.at, facts=facts))


def _cancelled(told: _Telling, e: ev.StepCancelled) -> None:
    if told.waits:
        told.change(told.waits, until=e.at)
        told.waits = ""
    told.change(told.heading, tone="cancelled", until=e.at)
    told.put(Entry("end", "end", e.at, tr("Cancelled"), why_skipped_word(e.why), "cancelled", e.at))


def _skipped(told: _Telling, e: ev.StepsSkipped) -> None:
    told.put(Entry("end", "end", e.at, tr("Skipped"), why_skipped_word(e.why), "skipped", e.at))


# ---- effects
def _name(e: Any) -> str:
    return f"effect {e.key} {e.gen}"


def _effect(told: _Telling, e: Any) -> Entry:
    name = _name(e)
    found = told.entries.get(name)
    if found is not None and (e.kind != "EffectStarted" or found.until is None):
        return found
    if found is not None:  # the same generation once more, after a failure that kept its key
        told.entries[f"{name} before {found.at}"] = told.entries.pop(name)
    kind: Kind = "model" if e.tool.startswith("model:") else "tool"
    facts = () if e.effect == "pure" else (_class_word(e.effect),)
    depth = _enter(told, e)
    return Entry(name, kind, e.at, tool_text(e.tool, e.via), tone="running", facts=facts, depth=depth)


def _enter(told: _Telling, e: Any) -> int:
    """How deep an effect stands; the first turn of an agent that is asked gets a heading."""
    call, title = asked_agent(e, told.agents)
    if call and call not in told.calls:
        heading = told.calls[call] = f"asks {call} {told.attempt}"
        words = tr("Asks the agent “{who}”").format(who=title)
        told.put(Entry(heading, "agent", e.at, words, tone="done", until=e.at, depth=depth_of(call, [*told.calls])))
        told.refused.pop(depth_of(e.key, [*told.calls]), None)
    for key, heading in told.calls.items():
        if e.key.startswith(f"{key}."):
            told.change(heading, until=e.at)
    return depth_of(e.key, [*told.calls])


def _spend(told: _Telling, e: Any) -> None:
    told.spent = together(told.spent, spent(e.tool, e.args, getattr(e, "usage", None), e.took))


def _effect_started(told: _Telling, e: ev.EffectStarted) -> None:
    if e.due is not None:
        told.put(Entry(_name(e), "wait", e.at, tr("Sleeps"), "", "waiting", planned=e.due - e.at))
        return
    told.put(replace(_effect(told, e), given=e.args, text=value_text(e.args)))


def _effect_succeeded(told: _Telling, e: ev.EffectSucceeded) -> None:
    entry = _effect(told, e)
    facts = list(entry.facts)
    if e.origin is not None:
        facts.append(tr("carried over"))
    facts += _usage(e.usage, e.result)
    _spend(told, e)
    given = e.args if e.args is not None else entry.given
    told.put(replace(entry, tone="done", until=e.at, given=given, result=e.result,
                     text=said_text(e.tool, e.result) or entry.text, facts=tuple(facts)))  # fmt: skip


def _effect_failed(told: _Telling, e: ev.EffectFailed) -> None:
    entry = _effect(told, e)
    _spend(told, e)
    given = e.args if e.args is not None else entry.given
    facts = entry.facts + ((tr("may have happened"),) if e.may_have_happened else ())
    told.put(replace(entry, tone="failed", until=e.at, given=given, text=f"{e.error.cls}: {e.error.message}",
                     result=e.error.detail, facts=facts))  # fmt: skip


def _in_doubt(told: _Telling, e: ev.EffectInDoubt) -> None:
    text = tr("It had begun and there is no result: it may have happened. Nothing is repeated without asking.")
    told.change(_name(e), tone="asking", text=text)


def _resolved(told: _Telling, e: ev.EffectResolved) -> None:
    words = {
        "happened": tr("A person said: it had happened"),
        "do_it": tr("A person said: it had not happened, do it"),
        "stop": tr("A person said: stop"),
    }[e.how]
    told.change(_name(e), tone="failed" if e.how == "stop" else "done", until=e.at, text=words, result=e.result)


def _class_word(effect: str) -> str:
    return {
        "idempotent": tr("safe to repeat"), "checkable": tr("can be looked up"),
        "at_most_once": tr("at most once"),
    }.get(effect, effect)  # fmt: skip


def _usage(usage: dict[str, Any] | None, result: Any) -> list[str]:
    facts = []
    if usage and ("prompt" in usage or "completion" in usage):
        facts.append(tr("{a} + {b} tokens").format(a=usage.get("prompt", 0), b=usage.get("completion", 0)))
        took = float(usage.get("prefill_s") or 0) + float(usage.get("decode_s") or 0)
        if took:
            facts.append(seconds_text(took))
        if usage.get("cost"):
            facts.append(f"{usage['cost']:.3g} {usage.get('currency') or ''}".strip())
    if isinstance(result, dict) and isinstance(result.get("confidence"), float):
        facts.append(tr("{n} % sure").format(n=f"{result['confidence'] * 100:.0f}"))
    return facts


# ---- people
def _asked(told: _Telling, e: ev.QuestionAsked) -> None:
    told.asked[e.question] = e
    who = tr("The agent asks") if e.type == "agent" else tr("Asks a person")
    facts = (tr("{n} answers needed").format(n=e.required),) if e.required > 1 else ()
    told.put(Entry(f"question {e.question}", "person", e.at, who, str(e.form.get("headline", "")), "asking",
                   given=e.form.get("value"), facts=facts, question=e.question))  # fmt: skip


def _answered(told: _Telling, e: ev.QuestionAnswered) -> None:
    asked = told.asked.get(e.question)
    after = seconds_text(e.at - asked.at) if asked is not None else ""
    title = tr("{who} answered: {option}").format(who=e.actor, option=_label(asked, e.option))
    changed = isinstance(e.values, dict) and "value" in e.values
    facts: tuple[str, ...] = (tr("after {time}").format(time=after),) if after else ()
    if changed:
        facts += (tr("with a changed value"),)
    bad = e.option in ("refuse", "fail", "stop", "send_back")
    told.put(Entry(f"answer {e.seq}", "person", e.at, title, e.comment, "failed" if bad else "done", e.at,
                   result=e.values or None, facts=facts))  # fmt: skip


def _settled(told: _Telling, e: ev.QuestionSettled) -> None:
    words = {
        "expired": tr("Nobody answered in time"),
        "withdrawn": tr("The question was withdrawn: it was not needed any more"),
    }
    name = f"question {e.question}"
    told.change(name, until=e.at, tone="waiting" if e.outcome in words else "done")
    if e.outcome in words:
        told.put(Entry(f"settled {e.seq}", "note", e.at, words[e.outcome], "", "waiting", e.at))


def _escalated(told: _Telling, e: ev.QuestionEscalated) -> None:
    title = tr("Nobody answered in time: {who} is asked now").format(who=e.to)
    told.put(Entry(f"escalated {e.seq}", "note", e.at, title, "", "waiting", e.at))


def _label(asked: ev.QuestionAsked | None, option: str) -> str:
    options = asked.form.get("options", ()) if asked is not None else ()
    label = next((str(one.get("label", option)) for one in options if one.get("name") == option), option)
    return tr(label, "people")


# ---- agents, loops, items
def _refused(told: _Telling, e: ev.ToolCallRefused) -> None:
    title = tr("Refused a call of {tool}").format(tool=e.tool) if e.tool else tr("Refused an answer")
    depth = depth_of(e.key, [*told.calls])
    told.refused[depth] = told.refused.get(depth, 0) + 1
    hint = hints_text(told.node if not depth else None, told.refused[depth])
    told.put(Entry(f"refused {e.seq}", "note", e.at, title, e.fault, "waiting", e.at, result={"hint": e.hint},
                   facts=(hint,) if hint else (), depth=depth))  # fmt: skip


def _switched(told: _Telling, e: ev.ModelSwitched) -> None:
    title = tr("Model “{a}” gives up, “{b}” takes over").format(a=e.from_model, b=e.to_model)
    depth = depth_of(e.key, [*told.calls])
    told.refused.pop(depth, None)
    told.put(Entry(f"switch {e.seq}", "note", e.at, title, e.why, "waiting", e.at, depth=depth))


def _handed_off(told: _Telling, e: ev.HandedOff) -> None:
    title = tr("Hands off to {who}").format(who=e.to)
    told.put(Entry(f"hand {e.seq}", "note", e.at, title, str(e.envelope.get("reason") or ""), "reused", e.at,
                   result=e.envelope, facts=handed_facts(e)))  # fmt: skip


def _round(told: _Telling, e: ev.RoundStarted) -> None:
    title = tr("Round {n}").format(n=e.round) + (f": {e.member}" if e.member else "")
    told.put(Entry(f"round {e.round}", "note", e.at, title, value_text(e.value), "running", e.at, result=e.value))


def _items(told: _Telling, e: ev.ItemsEnded) -> None:
    for item in e.items:
        tone = {"completed": "done", "failed": "failed"}.get(item.outcome, "cancelled")
        title = tr("Item {n}").format(n=item.index + 1)
        told.put(Entry(f"item {item.index}", "note", e.at, title, value_text(item.output), tone, e.at,
                       result=item.output))  # fmt: skip


def _one(outputs: dict[str, Any]) -> Any:
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs or None


_TELL: dict[str, Callable[[_Telling, Any], None]] = {
    "AttemptStarted": _attempt_started, "AttemptSuspended": _attempt_suspended,
    "AttemptInterrupted": _attempt_interrupted, "AttemptFailed": _attempt_failed,
    "StepSucceeded": _succeeded, "StepFailed": _failed, "StepCancelled": _cancelled, "StepsSkipped": _skipped,
    "EffectStarted": _effect_started, "EffectSucceeded": _effect_succeeded, "EffectFailed": _effect_failed,
    "EffectInDoubt": _in_doubt, "EffectResolved": _resolved, "QuestionAsked": _asked, "QuestionAnswered": _answered,
    "QuestionSettled": _settled, "QuestionEscalated": _escalated, "ToolCallRefused": _refused,
    "ModelSwitched": _switched, "HandedOff": _handed_off, "RoundStarted": _round, "ItemsEnded": _items,
}  # fmt: skip
