"""The state of one run: the fold of its events. Only `apply` changes it; an unknown event raises."""

from __future__ import annotations

import heapq
from typing import Any

from engine.errors import Bug
from engine.ids import Visit, child_run_id
from engine.run import events as ev
from engine.run.record import ENDED, RUN_ENDED, Children, Effect, Question, Round, Step, StepId
from engine.run.retry import after, path, redone
from engine.run.spent import spent_on
from engine.run.tokens import end_step, leave, live, open_steps
from engine.workflow.order import Order

Timer = tuple[str, str, Visit, str]
"""(what, node, visit, key): retry | merge | question | sleep."""


class State:
    """Everything that follows from a run's events so far. Mutable, owned by one host, never shared."""

    def __init__(self, order: Order, run: str) -> None:
        self.order = order
        self.run = run
        self.status = "new"
        self.seq = 0
        self.batch = 0
        self.at = 0.0
        self.host = ""
        self.epoch = 0
        self.started: ev.RunStarted | None = None
        self.steps: dict[StepId, Step] = {}
        self.rounds: dict[StepId, Round] = {}
        self.last_round: dict[StepId, int] = {}
        self.kept: dict[tuple[int, Visit], tuple[bool, Any]] = {}
        self.partial: dict[tuple[int, Visit], tuple[bool, Any]] = {}
        self.top_left = 0
        self.timers: dict[Timer, float] = {}
        self.questions: dict[str, tuple[str, Visit, Question]] = {}
        self.open_world: set[tuple[str, Visit, str]] = set()
        self.open_children: dict[str, tuple[str, Visit, int]] = {}
        self.reason: ev.StepFailed | None = None
        self.ending: dict[str, Any] | None = None
        self.outputs: dict[str, Any] | None = None
        self.sources: dict[str, Any] = {}  # where the outputs came from, by name (engine.run.sources)
        self.labelled = False  # whether any value of the run came from elsewhere than its author or a person
        self.error: ev.Error | None = None
        self.in_doubt: tuple[ev.EffectRef, ...] = ()
        # queues: derived, may hold stale entries, consumed by the planner
        self.ready: list[tuple[int, str, Visit]] = []
        self.over: list[StepId] = []
        self.races: list[StepId] = []
        self.spawns: list[tuple[str, Visit, int]] = []
        self.alarms: list[tuple[float, int, Timer]] = []

    @property
    def ended(self) -> bool:
        """Whether the run's end event is there."""
        return self.status in RUN_ENDED

    @property
    def root_run(self) -> str:
        """The run that this one, its parents and what they continue began with."""
        return (self.started.root_run if self.started else "") or self.run

    @property
    def effects_root(self) -> str:
        """Names this run and those that continue it together, child by child."""
        return (self.started.effects_root if self.started else "") or self.run

    def apply(self, event: ev.Event) -> None:
        """Fold one event in. Raises Bug for an event that cannot follow (a corrupt or foreign journal)."""
        if event.seq != self.seq + 1:
            raise Bug(f"event {event.seq} follows {self.seq} in run {self.run}")
        if self.status in RUN_ENDED:
            raise Bug(f"{event.kind} after the end of run {self.run}")
        self.seq, self.at, self.batch = event.seq, event.at, event.batch
        self.host, self.epoch = event.host, event.epoch  # a restarted engine has a new epoch
        _APPLY[event.kind](self, event)

    def step(self, node: str, visit: Visit) -> Step:
        """The step; Bug when there is none."""
        step = self.steps.get((node, visit))
        if step is None:
            raise Bug(f"no step {node}{list(visit)} in run {self.run}")
        return step

    def set_timer(self, timer: Timer, due: float) -> None:
        """Remember when something falls due (derived from events only)."""
        self.timers[timer] = due
        heapq.heappush(self.alarms, (due, self.order.rank[timer[1]], timer))

    def drop_timers(self, node: str, visit: Visit) -> None:
        """A settled step waits for nothing."""
        timers = self.timers
        if not timers:
            return
        timers.pop(("retry", node, visit, ""), None)
        timers.pop(("merge", node, visit, ""), None)
        step = self.steps[node, visit]
        for question in step.questions.values():
            timers.pop(("question", node, visit, question), None)
        for key, effect in step.effects.items():
            if effect.due is not None:
                timers.pop(("sleep", node, visit, key), None)

    def next_due(self) -> float | None:
        """The earliest moment at which something falls due, or None."""
        while self.alarms:
            due, _, timer = self.alarms[0]
            if self.timers.get(timer) == due:
                return due
            heapq.heappop(self.alarms)
        return None

    def view(self) -> dict[str, Any]:
        """Everything that decides what happens next, for comparing two folds (house rule, SEMANTICS §2)."""
        return {
            "status": self.status, "seq": self.seq, "at": self.at, "top_left": self.top_left,
            "steps": {key: step.view() for key, step in self.steps.items()},
            "rounds": {k: (r.number, r.left, repr(sorted(r.again.items())), r.member) for k, r in self.rounds.items()},
            "kept": repr(sorted(self.kept.items(), key=repr)), "partial": repr(sorted(self.partial.items(), key=repr)),
            "timers": dict(self.timers), "questions": {k: q.view() for k, (_, _, q) in self.questions.items()},
            "world": sorted(self.open_world), "children": dict(self.open_children), "ending": repr(self.ending),
            "outputs": repr((self.outputs, self.sources)), "labelled": self.labelled,
            "error": repr(self.error), "owner": (self.host, self.epoch),
            "in_doubt": self.in_doubt, "last_round": dict(self.last_round),
        }  # fmt: skip

    # ---- the run
    def _run_started(self, e: ev.RunStarted) -> None:
        self.status, self.started = "running", e
        self.top_left = len(self.order.top)
        self.labelled = bool(e.sources or e.item_sources or (e.continues and e.continues.sources))
        open_steps(self, self.order.top, ())

    def _run_cancel_requested(self, e: ev.RunCancelRequested) -> None:
        if self.status == "running":
            self.status = "cancelling"

    def _run_completed(self, e: ev.RunCompleted) -> None:
        self.status, self.outputs, self.in_doubt = "completed", e.outputs, e.in_doubt
        self.sources = e.sources

    def _run_failed(self, e: ev.RunFailed) -> None:
        self.status, self.error, self.in_doubt = "failed", e.error, e.in_doubt

    def _run_cancelled(self, e: ev.RunCancelled) -> None:
        self.status, self.in_doubt = "cancelled", e.in_doubt

    def _owner_changed(self, e: ev.OwnerChanged) -> None:
        self.host, self.epoch = e.to_host, e.to_epoch

    # ---- attempts and steps
    def _attempt_started(self, e: ev.AttemptStarted) -> None:
        step = self.step(e.node, e.visit)
        assert step.status not in ENDED, (e, step.status)
        step.status, step.attempt, step.due, step.waiting = "running", e.attempt, None, ()
        step.version = e.type_version
        self.timers.pop(("retry", e.node, e.visit, ""), None)
        if e.items is not None and step.children is None:
            step.children = Children(e.items, e.at_once)
            self._spawn(e.node, e.visit, step)

    def _attempt_suspended(self, e: ev.AttemptSuspended) -> None:
        step = self.step(e.node, e.visit)
        step.waiting = e.on
        if not any(self.settled(step, key) for key in e.on):
            step.status = "waiting"

    def settled(self, step: Step, key: str) -> bool:
        """Whether what a suspended step waits for under this key is there."""
        question = step.questions.get(key)
        if question is not None:
            return self.questions[question][2].outcome is not None
        effect = step.effects.get(key)
        return effect is not None and effect.status in ("ok", "failed", "again")

    def _attempt_interrupted(self, e: ev.AttemptInterrupted) -> None:
        step = self.step(e.node, e.visit)
        step.interruptions += 1
        step.crashes += e.cause == "crash"
        step.status = "interrupted"

    def _attempt_failed(self, e: ev.AttemptFailed) -> None:
        step = self.step(e.node, e.visit)
        step.error = e.error
        if e.redo_from is not None:
            again = redone(step.effects, e.redo_from)
            used = spent_on([step.effects[key] for key in again])
            for key in again:
                step.effects[key].status, step.effects[key].before = "old", None
                self.timers.pop(("sleep", e.node, e.visit, key), None)
            if again:
                step.effects[min(again, key=path)].before = used
            for key in [k for k in step.questions if k[0].isdigit() and after(k, e.redo_from)]:
                if key == f"{e.redo_from}.q" and self.questions[step.questions[key]][2].approved:
                    continue  # the very call that a person has approved is made again
                del step.questions[key]  # what is redone may ask something else
            step.notes = {key: to for key, to in step.notes.items() if not after(key, e.redo_from)}
        step.status = "exhausted" if e.retry_due is None else "backoff"
        step.due = e.retry_due
        if e.retry_due is not None:
            self.set_timer(("retry", e.node, e.visit, ""), e.retry_due)

    def _step_succeeded(self, e: ev.StepSucceeded) -> None:
        step = self.step(e.node, e.visit)
        assert step.status not in ENDED, (e, step.status)
        step.by, step.origin = e.by, e.origin
        if e.sources:
            self.labelled = True
        end_step(self, e.node, e.visit, step, "succeeded", e.outputs, "not_taken", e.sources)
        kind = self.order.kind(e.node)
        if e.by == "bypassed":
            return
        if kind == "merge":
            self.races.append((e.node, e.visit))
        elif kind == "stop" and self.status == "running":
            self.status, self.ending = "stopping", {**e.outputs.get("stopped", {}), "node": e.node, "visit": e.visit}

    def _step_failed(self, e: ev.StepFailed) -> None:
        step = self.step(e.node, e.visit)
        assert step.status not in ENDED, (e, step.status)
        step.error = e.error
        handled = e.handled == "continue" or any(self.order.wired(e.node, port) for port in e.outputs)
        end_step(self, e.node, e.visit, step, "failed", e.outputs, "not_taken" if handled else "failed", e.sources)
        if e.handled == "no" and self.status == "running":
            self.status, self.reason = "failing", e
        if self.order.kind(e.node) == "merge":
            self.races.append((e.node, e.visit))

    def _steps_skipped(self, e: ev.StepsSkipped) -> None:
        for ref in e.steps:
            step = self.step(ref.node, ref.visit)
            assert step.status == "pending", (ref, step.status)
            end_step(self, ref.node, ref.visit, step, "skipped", {}, e.why)

    def _step_cancelled(self, e: ev.StepCancelled) -> None:
        step = self.step(e.node, e.visit)
        assert step.status not in ENDED, (e, step.status)
        end_step(self, e.node, e.visit, step, "cancelled", {}, "cancelled")

    def _round_started(self, e: ev.RoundStarted) -> None:
        step = self.step(e.node, e.visit)
        step.status = "running"
        nodes = [e.member] if e.member else self.order.direct[e.node]
        self.rounds[e.node, e.visit] = Round(e.round, len(nodes), e.member)
        self.last_round[e.node, e.visit] = e.round
        visit = (*e.visit, e.round)
        open_steps(self, nodes, visit)
        if e.member:
            member = self.steps[e.member, visit]
            member.value, member.value_sources = e.value, e.sources.get("value", [])
        for edge in self.order.outs[e.node]:
            if self.order.links[edge].out == "body":
                leave(self, edge, visit, live(e.value, e.sources.get("value")))
        if not nodes:
            self.over.append((e.node, e.visit))

    def _merge_armed(self, e: ev.MergeArmed) -> None:
        self.set_timer(("merge", e.node, e.visit, ""), e.due)

    def _items_ended(self, e: ev.ItemsEnded) -> None:
        step = self.step(e.node, e.visit)
        for item in e.items:
            self.open_children.pop(item.run, None)
            self.labelled = self.labelled or bool(item.sources)
            if step.children is not None:
                step.children.ended[item.index] = item
                if item.outcome != "completed":
                    step.children.bad.append(item)
        if step.status not in ENDED:
            self._spawn(e.node, e.visit, step)

    def _spawn(self, node: str, visit: Visit, step: Step) -> None:
        children = step.children
        assert children is not None
        stop = min(children.total, len(children.ended) + children.at_once)
        if children.bad and self.order.node[node].params.get("on_item_error", "fail") != "collect":
            stop = children.started  # the step is about to fail: start no more
        while children.started < stop:
            index = children.started
            self.open_children[child_run_id(self.run, node, visit, index)] = (node, visit, index)
            self.spawns.append((node, visit, index))
            children.started += 1

    # ---- effects
    def _effect(self, e: Any) -> Effect:
        step = self.step(e.node, e.visit)
        known = step.effects.get(e.key)
        if known is not None and known.gen == e.gen and known.status != "old":
            return known
        effect = step.effects[e.key] = Effect(e.effect, e.tool, e.fingerprint, e.gen)
        effect.before = None if known is None else known.before
        if known is not None and known.gen == e.gen:  # an earlier try under the same key may have happened all the same
            effect.may_have_happened = known.may_have_happened
        return effect

    def _effect_started(self, e: ev.EffectStarted) -> None:
        effect = self._effect(e)
        effect.status, effect.idem_key, effect.due = "started", e.idem_key, e.due
        effect.args, effect.via = e.args, e.via
        if e.due is not None:
            self.set_timer(("sleep", e.node, e.visit, e.key), e.due)
        elif e.effect != "pure":
            self.open_world.add((e.node, e.visit, e.key))

    def _effect_succeeded(self, e: ev.EffectSucceeded) -> None:
        effect = self._effect(e)
        effect.status, effect.result, effect.usage, effect.took = "ok", e.result, e.usage, e.took
        self._took_in(effect, e)
        if e.args is not None:
            effect.args, effect.via = e.args, e.via
        self._wake(e)

    def _effect_failed(self, e: ev.EffectFailed) -> None:
        effect = self._effect(e)
        effect.status, effect.error, effect.took = "old" if e.origin else "failed", e.error, e.took
        effect.may_have_happened = effect.may_have_happened or e.may_have_happened
        self._took_in(effect, e)
        if e.args is not None:
            effect.args, effect.via = e.args, e.via
        self._wake(e)

    def _took_in(self, effect: Effect, e: ev.EffectSucceeded | ev.EffectFailed) -> None:
        effect.gives = e.gives
        if e.tool not in ("now", "sleep"):
            self.labelled = True

    def _effect_in_doubt(self, e: ev.EffectInDoubt) -> None:
        effect = self.step(e.node, e.visit).effects[e.key]
        effect.status = "doubt"
        self.open_world.discard((e.node, e.visit, e.key))

    def _effect_resolved(self, e: ev.EffectResolved) -> None:
        effect = self.step(e.node, e.visit).effects[e.key]
        if e.how == "happened":
            effect.status, effect.result = "ok", e.result
        elif e.how == "do_it":
            effect.status = "again"
        else:
            effect.status, effect.may_have_happened = "failed", True
            effect.error = ev.Error(cls="stopped", message="A person stopped it while it was in doubt.")
        if e.how != "do_it":
            effect.gives = "person"
        self._wake(e)

    def _wake(self, e: Any) -> None:
        self.open_world.discard((e.node, e.visit, e.key))
        self.timers.pop(("sleep", e.node, e.visit, e.key), None)
        step = self.steps[e.node, e.visit]
        if step.status == "waiting" and e.key in step.waiting:
            step.status = "running"

    # ---- people
    def _question_asked(self, e: ev.QuestionAsked) -> None:
        step = self.step(e.node, e.visit)
        step.questions[e.key] = e.question
        self.questions[e.question] = (e.node, e.visit, Question(e))
        if e.type in ("gate", "form", "escalation", "upgrade"):
            step.status, step.waiting = "waiting", ()  # for this answer alone, not for what its attempt waited for
        if e.type == "escalation":
            step.escalations += 1
            self.timers.pop(("merge", e.node, e.visit, ""), None)  # it has failed: time cannot settle it any more
        if e.due is not None:
            self.set_timer(("question", e.node, e.visit, e.question), e.due)

    def _question_answered(self, e: ev.QuestionAnswered) -> None:
        self.questions[e.question][2].answers[e.actor] = e

    def _question_settled(self, e: ev.QuestionSettled) -> None:
        node, visit, question = self.questions[e.question]
        question.outcome = e.outcome
        self.timers.pop(("question", node, visit, e.question), None)
        step = self.steps[node, visit]
        if question.asked.type == "escalation" and e.outcome == "retry":
            step.base = step.attempt - step.interruptions
        elif step.status == "waiting" and question.asked.key in step.waiting and e.outcome != "withdrawn":
            step.status = "running"

    def _question_escalated(self, e: ev.QuestionEscalated) -> None:
        node, visit, question = self.questions[e.question]
        question.escalated, question.due = e.to, e.due
        self.timers.pop(("question", node, visit, e.question), None)
        if e.due is not None:
            self.set_timer(("question", node, visit, e.question), e.due)

    def _noted(self, e: ev.ToolCallRefused | ev.ModelSwitched | ev.HandedOff) -> None:
        """For the reader; the key is kept so that a replay does not say it twice."""
        self.step(e.node, e.visit).notes[e.key] = e.to_model if isinstance(e, ev.ModelSwitched) else ""


_APPLY: dict[str, Any] = {
    "RunStarted": State._run_started,
    "RunCancelRequested": State._run_cancel_requested,
    "RunCompleted": State._run_completed,
    "RunFailed": State._run_failed,
    "RunCancelled": State._run_cancelled,
    "OwnerChanged": State._owner_changed,
    "AttemptStarted": State._attempt_started,
    "AttemptSuspended": State._attempt_suspended,
    "AttemptInterrupted": State._attempt_interrupted,
    "AttemptFailed": State._attempt_failed,
    "StepSucceeded": State._step_succeeded,
    "StepFailed": State._step_failed,
    "StepsSkipped": State._steps_skipped,
    "StepCancelled": State._step_cancelled,
    "RoundStarted": State._round_started,
    "MergeArmed": State._merge_armed,
    "ItemsEnded": State._items_ended,
    "EffectStarted": State._effect_started,
    "EffectSucceeded": State._effect_succeeded,
    "EffectFailed": State._effect_failed,
    "EffectInDoubt": State._effect_in_doubt,
    "EffectResolved": State._effect_resolved,
    "QuestionAsked": State._question_asked,
    "QuestionAnswered": State._question_answered,
    "QuestionSettled": State._question_settled,
    "QuestionEscalated": State._question_escalated,
    "HandedOff": State._noted,
    "ToolCallRefused": State._noted,
    "ModelSwitched": State._noted,
}
