"""What comes from outside a run: results, answers, the clock, a crash. Each adds the first events of a batch.

A stale report (of a settled step, an older attempt, an ended run) adds nothing: the first one journaled wins (T17).
"""

from __future__ import annotations

from typing import Any, Literal

from engine.errors import TRANSIENT, Bug, StepError
from engine.ids import Visit
from engine.run import events as ev
from engine.run.plan import fail, withdraw
from engine.run.questions import PORT_OF, doubt_form, fault_of, outcome_of, result_of, shown_hash
from engine.run.record import ENDED, Step
from engine.run.retry import after, delay, redo_point
from engine.run.scope import param, seconds, whole_number
from engine.run.turn import Turn
from engine.run.verdict import merge_verdict


def current(turn: Turn, node: str, visit: Visit, attempt: int) -> Step | None:
    """The step, if this attempt is still the one that counts."""
    step = turn.state.steps.get((node, visit))
    if turn.state.ended or step is None or step.status in ENDED or step.attempt != attempt:
        return None
    return step


def succeeded(
    turn: Turn,
    node: str,
    visit: Visit,
    attempt: int,
    outputs: dict[str, Any],
    leaving: dict[str, Any] | None = None,
) -> bool:
    """An attempt ended well, perhaps with a hand-off (`leaving`: its key, to, envelope), which is told in the same
    batch as the start of who gets it; False when nobody waits for it any more."""
    step = current(turn, node, visit, attempt)
    if step is None or step.status != "running":
        return False
    if fault := _too_many_hand_offs(turn, node, visit, outputs):
        return failed(turn, node, visit, attempt, fault)
    withdraw(turn, node, visit)
    if leaving is not None and leaving["key"] not in step.notes:
        turn.do(ev.HandedOff, node=node, visit=visit, **leaving)
    turn.do(ev.StepSucceeded, node=node, visit=visit, outputs=outputs)
    return True


def _too_many_hand_offs(turn: Turn, node: str, visit: Visit, outputs: dict[str, Any]) -> StepError | None:
    """A team's rounds are its hand-offs; the sender's `max_handoffs` bounds them (T18)."""
    state = turn.state
    order = state.order
    if not visit or order.scope[node][-1] not in order.teams:
        return None
    if not any(edge in order.back and order.links[edge].out in outputs for edge in order.outs[node]):
        return None
    try:
        most = whole_number(param(state, node, visit, "max_handoffs", 8), f"`max_handoffs` of {node!r}", 1)
    except StepError as error:
        return error
    if visit[-1] <= most:
        return None
    return StepError("limit", f"The agents handed off {most} times without a result.", retryable=False)


_FROM_OUTSIDE = TRANSIENT - {"schema"}
"""Classes of failure that do not follow from a step's records, so that a replay need not meet them again."""


def failed(turn: Turn, node: str, visit: Visit, attempt: int, error: StepError, blamed: str | None = None) -> bool:
    """An attempt failed: another one later, or what the policy says (SEMANTICS §2).

    `blamed` is the effect whose failure this is; an error that names its own `redo_from` wins.
    """
    step = current(turn, node, visit, attempt)
    if step is None or step.status != "running":
        return False
    state = turn.state
    policy = state.order.node[node].policy
    redo, legal = redo_point(step.effects, error.redo_from or blamed, cut_off=error.cls in _FROM_OUTSIDE)
    tries = step.attempt - step.interruptions - step.base
    told = ev.Error(cls=error.cls, message=error.message, detail=error.detail)
    wanted = policy.retries(error.cls) if error.retryable is None else error.retryable and policy.retries(error.cls)
    due = None
    if wanted and legal and tries < policy.max_attempts and state.status == "running":
        wait = delay(policy.backoff, tries, state.run, node, visit, step.attempt)
        due = turn.at + max(wait, error.retry_after_s or 0.0)
    if redo is not None and legal:
        _withdraw_from(turn, step, redo)
    turn.do(
        ev.AttemptFailed,
        node=node,
        visit=visit,
        attempt=attempt,
        error=told,
        redo_from=redo if legal else None,
        retry_due=due,
    )
    if due is None:
        fail(turn, node, visit, told)
    return True


def _withdraw_from(turn: Turn, step: Step, redo: str) -> None:
    for key, question in step.questions.items():
        if key[0].isdigit() and after(key, redo) and turn.state.questions[question][2].outcome is None:
            node, visit, _ = turn.state.questions[question]
            turn.do(ev.QuestionSettled, node=node, visit=visit, question=question, outcome="withdrawn")


def suspended(turn: Turn, node: str, visit: Visit, attempt: int, on: tuple[str, ...]) -> bool:
    """An attempt waits for people or time; False when something it waits for is there already (run it again)."""
    step = current(turn, node, visit, attempt)
    if step is None or step.status != "running" or any(turn.state.settled(step, key) for key in on):
        return False
    turn.do(ev.AttemptSuspended, node=node, visit=visit, attempt=attempt, on=on)
    return True


def interrupted(turn: Turn, cause: Literal["crash", "shutdown"]) -> None:
    """The engine stops (or was found dead): every running attempt is over."""
    state = turn.state
    for (node, visit), step in _by_rank(turn):
        if step.status == "running" and node in state.order.shape and state.order.kind(node) in ("task", "unknown"):
            turn.do(ev.AttemptInterrupted, node=node, visit=visit, attempt=step.attempt, cause=cause)


def resume(turn: Turn) -> None:
    """Start interrupted attempts again; a step that keeps killing the engine fails instead."""
    state = turn.state
    for (node, visit), step in _by_rank(turn):
        if step.status != "interrupted" or state.status != "running":
            continue
        if step.crashes > state.order.node[node].policy.max_interruptions:
            message = f"The engine died {step.crashes} times during this step."
            fail(turn, node, visit, ev.Error(cls="interrupted", message=message))
        else:
            _again(turn, node, visit, step)


def _again(turn: Turn, node: str, visit: Visit, step: Step) -> None:
    shape = turn.state.order.shape[node]
    turn.do(ev.AttemptStarted, node=node, visit=visit, attempt=step.attempt + 1, type_version=shape.version)


def _by_rank(turn: Turn) -> list[tuple[tuple[str, Visit], Step]]:
    rank = turn.state.order.rank
    return sorted(turn.state.steps.items(), key=lambda item: (rank[item[0][0]], item[0][1]))


def cancel(turn: Turn, request: int | None = None, why: str = "") -> str:
    """Ask the run to end; a sentence when it cannot."""
    state = turn.state
    if state.ended:
        return f"The run has already {state.status}."
    if state.status != "running":
        return "The run is already ending."
    turn.do(ev.RunCancelRequested, request=request, why=why)
    return ""


def answer(
    turn: Turn,
    question: str,
    option: str,
    values: Any,
    comment: str,
    inserted_at: float,
    request: int | None = None,
    shown: str = "",
) -> str:
    """A person's answer; "" when it is taken, otherwise the sentence that says why not.

    It is valid when it was *inserted* at or before the deadline, however late the engine reads it, and when what was
    `shown` to the person is what is asked.
    """
    state = turn.state
    if question not in state.questions:
        return f"There is no question {question!r}."
    node, visit, record = state.questions[question]
    if record.outcome is not None:
        how = {"expired": "its deadline passed", "withdrawn": "it was withdrawn"}.get(
            record.outcome, f"it is settled: {record.outcome}"
        )
        return f"The question {question} is closed: {how}."
    if state.status != "running":
        return f"The run is {state.status}; its questions are closed."
    if record.due is not None and inserted_at > record.due:
        return f"The deadline of the question {question} had passed when the answer came."
    if turn.actor in record.answers:
        return f"{turn.actor} has already answered the question {question}: {record.answers[turn.actor].option}."
    if turn.actor in record.asked.form.get("not_by", ()):
        return f"{turn.actor} has asked for this, so somebody else has to answer the question {question}."
    if shown and shown != shown_hash(question, record.asked.form):
        return "The question has changed since it was shown; look at it again."
    if fault := fault_of(record.asked.form, option, values):
        return fault
    turn.do(
        ev.QuestionAnswered,
        node=node,
        visit=visit,
        question=question,
        option=option,
        values=values,
        comment=comment,
        request=request,
        shown=shown,
    )
    outcome = outcome_of(record)
    if outcome is not None:
        _settle(turn, question, outcome, by="person")
    return ""


def _settle(turn: Turn, question: str, outcome: str, by: Literal["person", "deadline"]) -> None:
    state = turn.state
    node, visit, record = state.questions[question]
    turn.do(ev.QuestionSettled, node=node, visit=visit, question=question, outcome=outcome)
    step = state.steps[node, visit]
    if step.status in ENDED:
        return
    result = result_of(record, outcome)
    kind = record.asked.type
    if kind == "gate":
        turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={PORT_OF[outcome]: result}, by=by)
    elif kind == "form":
        outputs = {"submitted": result["form"]} if outcome == "submit" else {"expired": None}
        turn.do(ev.StepSucceeded, node=node, visit=visit, outputs=outputs, by=by)
    elif kind == "escalation":
        _escalation_settled(turn, node, visit, step, outcome, result)
    elif kind == "doubt":
        key = record.asked.key.partition(":")[2]
        gen = step.effects[key].gen
        turn.do(ev.EffectResolved, node=node, visit=visit, key=key, gen=gen, how=outcome,
                result=result["value"] if outcome == "happened" else None)  # fmt: skip
    elif kind == "upgrade":
        if outcome == "start_over":
            told = ev.Error(cls="drift", message="An upgrade changed the step; a person let it start over.")
            turn.do(ev.AttemptFailed, node=node, visit=visit, attempt=step.attempt, error=told, redo_from="1")
            _again(turn, node, visit, step)
        else:
            fail(
                turn, node, visit, ev.Error(cls="drift", message="A person ended it after an upgrade changed the step.")
            )


def _escalation_settled(turn: Turn, node: str, visit: Visit, step: Step, outcome: str, result: dict[str, Any]) -> None:
    main = turn.state.order.shape[node].main if node in turn.state.order.shape else ""
    if outcome == "retry":
        _again(turn, node, visit, step)
        return
    withdraw(turn, node, visit)
    if outcome == "value":
        turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={main: result["value"]}, by="person")
    else:
        error = step.error or ev.Error(cls="stopped", message="A person failed the step.")
        turn.do(ev.StepFailed, node=node, visit=visit, error=error)


def in_doubt(
    turn: Turn, node: str, visit: Visit, key: str, evidence: dict[str, Any], started_at: float | None = None
) -> None:
    """An effect's outcome is unknown and may not be tried again by itself: a person decides (the crash rule)."""
    state = turn.state
    effect = state.steps[node, visit].effects[key]
    turn.do(ev.EffectInDoubt, node=node, visit=visit, key=key, gen=effect.gen, evidence=evidence)
    if state.steps[node, visit].status not in ENDED and state.status == "running":
        shown = {"tool": effect.tool, "args": effect.args, "idem_key": effect.idem_key, "key": key, **evidence}
        turn.ask(node, visit, key=f"doubt:{key}", type="doubt", form=doubt_form(node, shown))


def fire(turn: Turn) -> bool:
    """Do the earliest thing that is due by `turn.now`; False when nothing is. Ties go by (due, node rank)."""
    state = turn.state
    due = state.next_due()
    if due is None or due > turn.now or state.status != "running":
        return False
    _, _, timer = state.alarms[0]
    what, node, visit, key = timer
    step = state.steps[node, visit]
    if what == "retry":
        _again(turn, node, visit, step)
    elif what == "sleep":
        effect = step.effects[key]
        turn.do(ev.EffectSucceeded, node=node, visit=visit, key=key, gen=effect.gen, tool=effect.tool,
                effect="pure", fingerprint=effect.fingerprint)  # fmt: skip
    elif what == "merge":
        try:
            found = merge_verdict(state, node, visit, late=True)
        except StepError as error:
            fail(turn, node, visit, ev.Error(cls=error.cls, message=error.message))
            return True
        if found.what == "skip":
            turn.do(ev.StepsSkipped, steps=(ev.StepRef(node=node, visit=visit),), why=found.value)
        elif found.what == "go":
            turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={"output": found.value}, by="deadline")
        else:
            fail(turn, node, visit, ev.Error(cls="merge", message=found.value or "The deadline passed."))
    elif what == "question":
        _expire(turn, node, visit, key)
    else:
        raise Bug(f"unknown timer {what!r}")
    return True


def _expire(turn: Turn, node: str, visit: Visit, question: str) -> None:
    state = turn.state
    record = state.questions[question][2]
    rule = record.asked.on_deadline
    if rule == "escalate" and record.escalated is None:
        _escalate(turn, node, visit, question)
    elif rule in ("approve", "refuse") and record.asked.type == "gate":
        _settle(turn, question, rule, by="deadline")
    elif rule == "fail":
        turn.do(ev.QuestionSettled, node=node, visit=visit, question=question, outcome="expired")
        fail(turn, node, visit, ev.Error(cls="deadline", message="Nobody answered before the deadline."))
    else:
        _settle(turn, question, "expired", by="deadline")


def _escalate(turn: Turn, node: str, visit: Visit, question: str) -> None:
    state = turn.state
    try:
        to = str(param(state, node, visit, "escalate_to", ""))
        wait = param(state, node, visit, "escalate_s")
        due = None if wait is None else turn.at + seconds(wait, f"`escalate_s` of {node!r}")
    except StepError as error:
        turn.do(ev.QuestionSettled, node=node, visit=visit, question=question, outcome="expired")
        fail(turn, node, visit, ev.Error(cls=error.cls, message=error.message))
        return
    turn.do(ev.QuestionEscalated, node=node, visit=visit, question=question, to=to, due=due)


def child_ended(turn: Turn, node: str, visit: Visit, item: ev.ItemEnd) -> None:
    """A child run of an `each` or `subworkflow` step has ended; the last one settles the step."""
    state = turn.state
    if state.ended or item.run not in state.open_children:
        return
    turn.do(ev.ItemsEnded, node=node, visit=visit, items=(item,))
    step = state.steps[node, visit]
    children = step.children
    if step.status != "running" or children is None or state.status != "running":
        return
    single = state.order.kind(node) == "subworkflow"
    collect = not single and state.order.node[node].params.get("on_item_error", "fail") == "collect"
    main = state.order.shape[node].main
    if children.bad and not collect:
        first = min(children.bad, key=lambda end: end.index)
        what = "The child run" if single else f"Item {first.index + 1} of {children.total}"
        message = f"{what} {_ended_how(first)}"
        # which of several failed first is chance, and an id says nothing to a node: neither goes on (T20)
        told = message if single else "An item did not complete."
        fail(turn, node, visit, ev.Error(cls="child", message=message, detail={"run": first.run}), told)
    elif len(children.ended) == children.total:
        ends = [children.ended[index] for index in range(children.total)]
        value = ends[0].output if single else [_collected(end) for end in ends]
        turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={main: value}, by="planner")


def _ended_how(end: ev.ItemEnd) -> str:
    return "was cancelled." if end.outcome == "cancelled" else f"failed: {end.output or 'no reason given.'}"


def _collected(end: ev.ItemEnd) -> Any:
    return end.output if end.outcome == "completed" else {"error": f"It {_ended_how(end)}"}
