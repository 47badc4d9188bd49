"""A whole engine in one thread: random completion orders, people, clocks, crashes, lost batches; rules are checked.

The world, people and node functions are pure functions of a seed and of *where* they are asked, never of when: so two
simulations of one plan may differ in order and crashes, and must agree in what comes out.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from random_workflows import SHAPES, SILENT, Plan

from engine.errors import StepError
from engine.ids import Visit, idempotency_key
from engine.run import events as ev
from engine.run import stimuli
from engine.run.batch import Batch, tick
from engine.run.plan import decide
from engine.run.record import ENDED, Step
from engine.run.reuse import Reuse
from engine.run.scope import inputs_of, params_of
from engine.run.state import State
from engine.run.turn import Turn

MAIN = "r00000000"
Place = tuple[str, str, Visit]
Move = tuple[Any, ...]


def chance(*parts: object) -> float:
    """A number in [0, 1) that depends only on the parts."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=6).digest(), "big") / float(1 << 48)


@dataclass
class Troubles:
    """What happens besides the work: all of it at random moments."""

    crashes: float = 0.0
    lose_batches: bool = False
    after_batch: float = 0.0
    at: tuple[int, ...] = ()  # after these batches, counted from 1
    cancel: bool = False
    people_stop: bool = False
    late_answers: bool = False
    owners_change: bool = True
    lost_replies: bool = (
        False  # of writes that a look-up or a repetition clears up: how depends on the moment of a crash
    )


@dataclass
class World:
    """What really happened out there, by idempotency key."""

    done: Counter[str] = field(default_factory=Counter)
    places: dict[tuple[Any, ...], set[str]] = field(default_factory=dict)

    def do(self, key: str, effect: str, place: tuple[Any, ...]) -> None:
        self.done[key] += 1
        self.places.setdefault(place, set()).add(key)
        assert effect == "idempotent" or self.done[key] == 1, f"{effect} at {place} happened twice"
        assert len(self.places[place]) == 1, f"{effect} at {place} happened under two keys"


class Simulation:
    """Drives one plan to the end of all its runs."""

    def __init__(
        self, plan: Plan, seed: int, picks: random.Random, troubles: Troubles | None = None, thorough: bool = True
    ) -> None:
        self.plan, self.seed, self.picks, self.thorough = plan, seed, picks, thorough
        self.troubles = troubles or Troubles()
        self.runs: dict[str, State] = {}
        self.shadow: dict[str, State] = {}
        self.journal: list[list[str]] = []
        self.durable = 0
        self.now = 1000.0
        self.flying: dict[tuple[Place, str], str] = {}
        self.world = World()
        self.ended: dict[str, set[Place]] = {}
        self.reuse: dict[str, Reuse] = {}
        self.moves_made = self.batches = 0
        self.main = MAIN
        self.before: Simulation | None = None

    # ---- batches and the rules that hold after every one of them
    def batch(self, actor: str = "engine") -> Batch:
        return Batch(
            self.runs, self.plan.orders.__getitem__, self.now, actor=actor, host="here", epoch=1, reuse=self.reuse
        )

    def commit(self, batch: Batch, crash: bool = True) -> None:
        events = batch.close()
        if not events:
            return
        bodies = [ev.to_json(event) for event in events]
        self.journal.append(bodies)
        for event, body in zip(events, bodies, strict=True):
            told = ev.from_json(body)
            assert told == event, "an event is not what its stored body says"
            self._fold(self.shadow, told)
            self._ends_once(event)
        for turn in batch.turns.values():
            self._closed(turn.state)
        self.batches += 1
        if self.batches in self.troubles.at or (crash and self.picks.random() < self.troubles.after_batch):
            self.crash()

    def _fold(self, states: dict[str, State], event: ev.Event) -> None:
        if isinstance(event, ev.RunStarted):
            states[event.run] = State(self.plan.orders[event.workflow], event.run)
        states[event.run].apply(event)

    def _closed(self, state: State) -> None:
        twin = self.shadow[state.run]
        again = Turn(twin, self.now)
        decide(again)
        assert again.events == [], f"a closed batch had more consequences after a refold: {again.events[:3]}"
        if self.thorough or state.ended:
            assert twin.view() == state.view(), "the fold of the journal is not the state"

    def _ends_once(self, event: ev.Event) -> None:
        over = self.ended.setdefault(event.run, set())
        if event.kind in ("StepSucceeded", "StepFailed", "StepCancelled"):
            steps = [(event.run, event.node, event.visit)]  # type: ignore[union-attr]
        elif isinstance(event, ev.StepsSkipped):
            steps = [(event.run, ref.node, ref.visit) for ref in event.steps]
        else:
            if isinstance(event, ev.AttemptStarted | ev.QuestionAsked | ev.EffectStarted | ev.RoundStarted):
                assert (event.run, event.node, event.visit) not in over, f"{event.kind} after the step's end"
            return
        assert not over.intersection(steps), f"{steps} ended twice"
        over.update(steps)

    # ---- the engine dies and comes back
    def crash(self) -> None:
        lost = self.picks.randint(self.durable, len(self.journal)) if self.troubles.lose_batches else len(self.journal)
        del self.journal[lost:]
        self.durable = lost
        self.flying.clear()
        self.runs.clear()  # the same mapping: batches hold it
        self.shadow, self.ended = {}, {}
        for bodies in self.journal:
            for body in bodies:
                event = ev.from_json(body)
                self._fold(self.runs, event)
                self._fold(self.shadow, ev.from_json(body))
                self._ends_once(event)
        if self.main not in self.runs:
            self.begin()
        self._offer()
        for state in list(self.runs.values()):
            self._closed(state)
        live = [run for run, state in self.runs.items() if not state.ended]
        self._each(live, lambda turn: stimuli.interrupted(turn, "crash"))
        self.fire()
        self._each(live, stimuli.resume)

    def _each(self, runs: list[str], stimulus: Any) -> None:
        for run in runs:
            if not self.runs[run].ended:
                batch = self.batch()
                stimulus(batch.turn(run))
                self.commit(batch, crash=False)

    def _left(self, place: Place, key: str) -> None:
        """An effect of a step that is over, sent by an engine that died: nobody waits for it, nobody repeats it."""
        run, node, visit = place
        effect = self.runs[run].steps[node, visit].effects[key]
        self.durable = len(self.journal)
        if effect.effect == "at_most_once":
            self.one(run, lambda turn: stimuli.in_doubt(turn, node, visit, key, {}))
        elif effect.effect == "checkable" and self.world.done[effect.idem_key]:
            self.effect(run, node, visit, key, ev.EffectSucceeded, result="done")
        else:
            error = ev.Error(cls="stopped", message="over")
            self.effect(
                run, node, visit, key, ev.EffectFailed, error=error, may_have_happened=effect.effect == "idempotent"
            )

    # ---- what a node's function would do next
    def scan(
        self, place: Place, ops: list[Any], prefix: str = ""
    ) -> tuple[list[Move], list[str], tuple[str, Any] | None]:
        """(what may be done now, keys that it waits for, the first error) of a program and its records."""
        for number, op in enumerate(ops, 1):
            key = f"{prefix}{number}"
            if op[0] == "gather":
                parts = [self.scan(place, branch, f"{key}.{i}.") for i, branch in enumerate(op[1], 1)]
                moves = [move for part in parts for move in part[0]]
                waits = [wait for part in parts for wait in part[1]]
                error = next((part[2] for part in parts if part[2] is not None), None)
            else:
                moves, waits, error = self._scan_one(place, key, op)
            if moves or waits or error:
                return moves, waits, error
        return [], [], None

    def _scan_one(self, place: Place, key: str, op: list[Any]) -> tuple[list[Move], list[str], tuple[str, Any] | None]:
        run, node, visit = place
        step = self.runs[run].steps[node, visit]
        if op[0] == "ask":
            question = step.questions.get(key)
            if question is None:
                return [("ask", place, key, op)], [], None
            return [], [key] if self.runs[run].questions[question][2].outcome is None else [], None
        record = step.effects.get(key)
        if record is None or record.status == "old":
            return [(op[0], place, key, op)], [], None
        if record.status == "ok":
            return [], [], None
        if record.status == "failed":
            return [], [], (key, record.error)
        if record.status == "doubt" or op[0] == "sleep":
            return [], [key], None
        if record.status == "again":
            return [("announce", place, key, op)], [], None
        return [("fly" if (place, key) in self.flying else "after_crash", place, key, op)], [], None

    def moves(self) -> list[Move]:
        """Everything that could happen next."""
        found: list[Move] = []
        for run, state in self.runs.items():
            if state.ended:
                continue
            for (node, visit), step in state.steps.items():
                if step.status == "running" and node in state.order.node and state.order.node[node].type in SHAPES:
                    place = (run, node, visit)
                    acts, waits, error = self.scan(place, state.order.node[node].params.get("program", []))
                    found += acts or [("report", place, waits, error)]
            for node, visit, key in state.open_world:
                if state.steps[node, visit].status in ENDED:
                    place = (run, node, visit)
                    found.append(("fly", place, key, None) if (place, key) in self.flying else ("left", place, key))
            if state.status == "running":
                for question, (node, _, record) in state.questions.items():
                    silent = record.asked.type == "gate" and state.order.node[node].title == SILENT
                    if record.outcome is None and not silent:
                        found.append(("answer", run, question))
        if any(state.next_due() is not None for state in self.runs.values() if state.status == "running"):
            found.append(("time",))
        return found

    # ---- doing it
    def run(self) -> Simulation:
        """Until every run has ended."""
        if self.main not in self.runs:
            self.begin()
        quiet = 0
        while any(not state.ended for state in self.runs.values()):
            self.moves_made += 1
            assert self.moves_made < 20_000, "it does not end"
            moves = self.moves()
            assert moves, f"stuck: {[(r, s.status, self._open(s)) for r, s in self.runs.items() if not s.ended]}"
            trouble = self.picks.random()
            if trouble < self.troubles.crashes and quiet < 200:
                quiet += 1
                self.crash()
            elif self.troubles.cancel and trouble > 0.98:
                self.one(self.picks.choice([r for r, s in self.runs.items() if not s.ended]), stimuli.cancel)
            elif self.troubles.owners_change and 0.97 < trouble < 0.98:
                self._owner()
            else:
                self.do(self.picks.choice(moves))
        return self

    def _open(self, state: State) -> dict[Any, str]:
        return {key: step.status for key, step in state.steps.items() if step.status not in ENDED}

    def begin(self) -> None:
        batch = self.batch()
        facts: dict[str, Any] = {"workflows": self.plan.pins}
        if self.before is not None:
            facts |= {"continues": ev.Continues(run=self.before.main), "root_run": self.before.main}
            facts |= {"effects_root": self.before.runs[self.before.main].effects_root}
        batch.start(self.main, self.plan.orders[self.plan.main], self.plan.main, {"x": 1}, **facts)
        self._offer()
        self.commit(batch, crash=False)

    def continues(self, before: Simulation) -> None:
        """This simulation goes on where another one ended: in the same world, later."""
        self.before, self.main = before, f"{before.main}-next"
        self.world, self.now = before.world, before.now + 100
        self.world.places.clear()  # a step whose inputs have changed writes again, under keys of its own

    def _offer(self) -> None:
        if self.before is not None:
            old = self.before.runs[self.before.main]
            self.reuse[self.main] = Reuse(old, self.runs[self.main], None, False)

    def one(self, run: str, stimulus: Any, actor: str = "engine", crash: bool = True) -> Any:
        batch = self.batch(actor)
        result = stimulus(batch.turn(run))
        self.commit(batch, crash)
        return result

    def do(self, move: Move) -> None:
        if move[0] == "time":
            self.now = max(
                self.now,
                min(due for s in self.runs.values() if s.status == "running" and (due := s.next_due()) is not None),
            )
            self.fire()
        elif move[0] == "answer":
            self.answer(move[1], move[2])
        elif move[0] == "report":
            self.report(*move[1:])
        else:
            getattr(self, f"_{move[0]}")(*move[1:])

    def fire(self) -> None:
        for run in list(self.runs):
            if not self.runs[run].ended:
                batch = self.batch()
                tick(batch, run)
                self.commit(batch, crash=False)

    def effect(
        self, run: str, node: str, visit: Visit, key: str, kind: type[Any], crash: bool = True, **fields: Any
    ) -> None:
        record = self.runs[run].steps[node, visit].effects[key]
        self.one(
            run,
            lambda turn: turn.do(
                kind,
                node=node,
                visit=visit,
                key=key,
                gen=record.gen,
                effect=record.effect,
                tool=record.tool,
                fingerprint="f",
                **fields,
            ),
            crash=crash,
        )

    def _tries(self, step: Step) -> int:
        """Which try it is, counting neither crashes nor stops: the world does not know of them."""
        return step.attempt - step.interruptions

    def _gen(self, step: Step, key: str) -> int:
        record = step.effects.get(key)
        if record is None:
            return 1
        keeps = record.may_have_happened and record.effect in ("idempotent", "checkable")
        return record.gen if keeps else record.gen + 1

    def _pure(self, place: Place, key: str, op: list[Any]) -> None:
        run, node, visit = place
        step = self.runs[run].steps[node, visit]
        self.durable = len(self.journal)
        luck = chance("pure", self.seed, place, key, self._tries(step))
        common = {
            "node": node,
            "visit": visit,
            "key": key,
            "gen": self._gen(step, key),
            "effect": "pure",
            "tool": "model",
            "fingerprint": "f",
        }
        if luck < 0.9:
            self.one(run, lambda turn: turn.do(ev.EffectSucceeded, **common, result={"of": key}))
        else:
            error = ev.Error(cls="server" if luck < 0.97 else "invalid", message="no")
            self.one(run, lambda turn: turn.do(ev.EffectFailed, **common, error=error))

    def _world(self, place: Place, key: str, op: list[Any]) -> None:
        run, node, visit = place
        state = self.runs[run]
        gen = self._gen(state.steps[node, visit], key)
        known = state.steps[node, visit].effects.get(key)
        sent_as = known.idem_key if known is not None and known.gen == gen else ""
        idem = sent_as or idempotency_key(run, node, visit, key, gen)
        if op[1] == "checkable" and self.world.done[idem]:  # asked first: it may have happened under this key
            common = {
                "node": node,
                "visit": visit,
                "key": key,
                "gen": gen,
                "effect": op[1],
                "tool": "writer",
                "fingerprint": "f",
            }
            self.one(run, lambda turn: turn.do(ev.EffectSucceeded, **common, result="done"))
            return
        self.flying[place, key] = "sent"
        self.one(
            run,
            lambda turn: turn.do(
                ev.EffectStarted,
                node=node,
                visit=visit,
                key=key,
                gen=gen,
                effect=op[1],
                tool="writer",
                fingerprint="f",
                idem_key=idem,
            ),
        )

    def _announce(self, place: Place, key: str, op: Any) -> None:
        """A person wants it done after all: announced anew, or a crash would do it once more without asking."""
        run, node, visit = place
        record = self.runs[run].steps[node, visit].effects[key]
        self.flying[place, key] = "sure"
        self.effect(run, node, visit, key, ev.EffectStarted, idem_key=record.idem_key)

    def _fly(self, place: Place, key: str, op: Any) -> None:
        """One step of an effect in flight: it happens out there, or its result comes in."""
        run, node, visit = place
        state = self.runs[run]
        step = state.steps[node, visit]
        record = step.effects[key]
        self.durable = len(self.journal)
        luck = chance("world", self.seed, place, key, self._tries(step))
        phase = self.flying[place, key]
        if 0.85 <= luck < 0.95 and (
            phase.startswith("sure") or not (self.troubles.lost_replies or record.effect == "at_most_once")
        ):
            luck = 0.0  # a person has looked: this time its outcome is known
        if phase in ("sent", "sure"):
            if luck < 0.75 or (0.85 <= luck < 0.95 and self.picks.random() < 0.5):
                self.world.do(record.idem_key, record.effect, (state.effects_root, node, visit, key))
            self.flying[place, key] = f"{phase} and done"
            return
        del self.flying[place, key]
        if luck < 0.75:
            self.effect(run, node, visit, key, ev.EffectSucceeded, result="done")
        elif 0.85 <= luck < 0.95:
            if record.effect == "at_most_once":
                self.one(run, lambda turn: stimuli.in_doubt(turn, node, visit, key, {"why": "cut off"}))
            else:
                error = ev.Error(cls="timeout", message="cut off")
                self.effect(run, node, visit, key, ev.EffectFailed, error=error, may_have_happened=True)
        else:
            error = ev.Error(cls="connection" if luck < 0.85 else "invalid", message="no")
            self.effect(run, node, visit, key, ev.EffectFailed, error=error)

    def _after_crash(self, place: Place, key: str, op: Any) -> None:
        """The crash rule: started, and no result."""
        run, node, visit = place
        record = self.runs[run].steps[node, visit].effects[key]
        self.durable = len(self.journal)
        if record.effect == "at_most_once":
            self.one(run, lambda turn: stimuli.in_doubt(turn, node, visit, key, {"why": "crash"}))
        elif record.effect == "checkable" and self.world.done[record.idem_key]:
            self.effect(run, node, visit, key, ev.EffectSucceeded, result="done")
        else:
            self.flying[place, key] = "sent"

    def _ask(self, place: Place, key: str, op: list[Any]) -> None:
        run, node, visit = place
        due = self.now + op[2] if op[2] is not None else None
        form = {"headline": "?", "options": [{"name": "approve"}, {"name": "refuse"}]}
        self.one(run, lambda turn: turn.ask(node, visit, key=key, type="agent", form=form, required=op[1], due=due))

    def _sleep(self, place: Place, key: str, op: list[Any]) -> None:
        run, node, visit = place
        gen = self._gen(self.runs[run].steps[node, visit], key)
        self.one(
            run,
            lambda turn: turn.do(
                ev.EffectStarted,
                node=node,
                visit=visit,
                key=key,
                gen=gen,
                effect="pure",
                tool="sleep",
                fingerprint="sleep",
                due=self.now + 2,
            ),
        )

    def report(self, place: Place, waits: list[str], error: tuple[str, Any] | None) -> None:
        """A node's function came to its end: it waits, fails or is done."""
        run, node, visit = place
        state = self.runs[run]
        step = state.steps[node, visit]
        doubts = [key for key in waits if key in step.effects and step.effects[key].status == "doubt"]
        attempt = step.attempt
        if error is not None and not doubts:
            failure = StepError(error[1].cls, error[1].message)
            assert self.one(run, lambda turn: stimuli.failed(turn, node, visit, attempt, failure, error[0]))
        elif waits:
            self.one(run, lambda turn: stimuli.suspended(turn, node, visit, attempt, tuple(waits)))
        else:
            self._finish(place, attempt)
        if self.picks.random() < 0.1 and run in self.runs and not self.runs[run].ended:
            before = len(self.journal)
            if (later := self.runs[run].steps.get((node, visit))) is not None and (later.attempt, later.status) != (
                attempt,
                "running",
            ):
                assert not self.one(
                    run, lambda turn: stimuli.succeeded(turn, node, visit, attempt, {"output": "stale"})
                )
                assert len(self.journal) == before, "a stale report was folded"

    def _finish(self, place: Place, attempt: int) -> None:
        run, node, visit = place
        state = self.runs[run]
        step = state.steps[node, visit]
        kind = state.order.node[node].type
        tries = self._tries(step)
        luck = chance("end", self.seed, place, tries)
        try:
            inputs = inputs_of(state, node, visit)
            see = params_of(state, node, visit, inputs).get("see")
        except StepError as error:
            failure = error
        else:
            if luck < 0.72:
                outputs = self._outputs(place, kind, [inputs, see], tries)
                assert self.one(run, lambda turn: stimuli.succeeded(turn, node, visit, attempt, outputs))
                return
            models = [key for key, effect in step.effects.items() if effect.effect == "pure" and effect.tool == "model"]
            redo = max(models) if models and luck < 0.8 else None
            failure = StepError("schema" if redo else "server", "boom", retryable=luck < 0.9, redo_from=redo)
        assert self.one(run, lambda turn: stimuli.failed(turn, node, visit, attempt, failure))

    def _outputs(self, place: Place, kind: str, seen: Any, tries: int) -> dict[str, Any]:
        digest = hashlib.blake2b(repr((place, seen)).encode(), digest_size=6).hexdigest()
        value = {"v": digest, **{name: chance(name, self.seed, digest) < 0.4 for name in ("b0", "b1", "done")}}
        if kind != "agent":
            return {"output": value}
        return {"result" if chance("hand", self.seed, place, tries) < 0.4 else "to_next": value}

    def answer(self, run: str, question: str) -> None:
        state = self.runs[run]
        node, visit, record = state.questions[question]
        asked = record.asked
        self.durable = len(self.journal)
        luck = chance("answer", self.seed, run, node, visit, asked.key)
        option, values = "approve" if luck < 0.6 else "refuse", None
        if asked.type == "gate" and 0.6 <= luck < 0.8:
            option = "send_back"
        elif asked.type == "gate" and asked.form.get("editable") and luck < 0.3:
            option, values = "approve_with_changes", {"value": {"edited": True}}
        elif asked.type == "form":
            option, values = "submit", {"form": {"n": int(luck * 9)}}
        elif asked.type == "escalation":
            names = [each["name"] for each in asked.form["options"]]
            option = "retry" if luck < 0.5 and "retry" in names else "value" if luck < 0.9 else "fail"
            values = {"value": {"by": "hand", "b0": True}} if option == "value" else None
        elif asked.type == "doubt":
            effect = state.steps[node, visit].effects[asked.key.partition(":")[2]]
            option = "happened" if self.world.done[effect.idem_key] else "do_it"
            values = {"value": "done"} if option == "happened" else None
            if self.troubles.people_stop and self.picks.random() < 0.3:
                option, values = "stop", None
        at = self.now
        if self.troubles.late_answers and record.due is not None and self.picks.random() < 0.5:
            self.now = max(self.now, record.due + 5)  # the engine was off when it came, in time; requests go first
            at = record.due
        person = f"person-{len(record.answers)}"
        reason = self.one(run, lambda turn: stimuli.answer(turn, question, option, values, "", at), actor=person)
        assert reason == "", reason
        known = self.runs[run].questions.get(question) if run in self.runs else None
        if known is not None and person in known[2].answers:
            assert (
                self.one(run, lambda turn: stimuli.answer(turn, question, option, values, "", at), actor=person) != ""
            )
        self.fire()

    def _owner(self) -> None:
        run = self.picks.choice([r for r, s in self.runs.items() if not s.ended])
        epoch = self.runs[run].epoch + 1
        self.one(run, lambda turn: turn.do(ev.OwnerChanged, to_host=f"host-{epoch}", to_epoch=epoch))

    # ---- what came out
    def result(self) -> Any:
        """What must not depend on order and crashes."""
        state = self.runs[self.main]
        if state.status != "completed":
            return state.status
        steps = {key: (step.status, repr(step.outputs)) for key, step in state.steps.items()}
        return state.status, repr(state.outputs), steps
