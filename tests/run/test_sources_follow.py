"""Sources through whole runs: random workflows, orders and crashes; and each kind of node by hand."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planner_kit import Drive, order
from random_workflows import plan
from simulation import Simulation, Troubles

from engine.run import events as ev
from engine.run.seen import of_inputs, origin_of
from engine.run.sources import join, kinds

FILE = ["file:read"]


class Watched(Simulation):
    """Holds, at every step that ends, that what comes out is of no less than what went in."""

    def _ends_once(self, event: ev.Event) -> None:
        super()._ends_once(event)
        state = self.runs.get(event.run)
        if state is None or not isinstance(event, ev.StepSucceeded | ev.StepFailed) or not event.outputs:
            return
        if isinstance(event, ev.StepSucceeded) and event.by in ("person", "reused", "bypassed"):
            return
        if isinstance(event, ev.StepFailed) and event.handled == "continue":
            return  # a value of the author's
        step = state.steps[event.node, event.visit]
        given_ = list(of_inputs(state, event.node, event.visit).values())
        if state.order.kind(event.node) == "merge":
            policy = state.order.node[event.node].params.get("policy", "all")
            given_ = [origin_of(token) for token in step.tokens.values() if token[0]] if policy == "all" else []
        if state.order.kind(event.node) in ("loop", "team", "each", "subworkflow"):
            return  # what they give is what their rounds and children gave
        took = any(effect.tool != "sleep" and effect.gives != "person" for effect in step.effects.values())
        taken = ["tool"] if took and state.order.kind(event.node) == "task" else []
        wanted = {*kinds(join(given_)), *taken}
        for port in event.outputs:
            assert wanted <= set(kinds(event.sources.get(port, []))), (event.node, port, wanted, event.sources)


def told(which: int, depth: int, extra: int, picks: int, troubles: Troubles | None = None) -> dict[Any, Any]:
    simulation = Watched(plan(which, depth, extra), which, random.Random(picks), troubles)
    simulation.run()
    return {
        (run, *key): {port: kinds(origin) for port, origin in step.sources.items()}
        for run, state in simulation.runs.items()
        for key, step in state.steps.items()
        if step.status == "succeeded"
    }


SEEDS = st.integers(0, 2**31)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(SEEDS, st.integers(1, 4), st.integers(0, 8), SEEDS, SEEDS)
def test_sources_never_get_fewer_alone_and_depend_on_no_order_and_no_crash(
    which: int, depth: int, extra: int, one: int, two: int
) -> None:
    calm = told(which, depth, extra, one)
    shaken = told(which, depth, extra, two, Troubles(crashes=0.05, lose_batches=True))
    both = calm.keys() & shaken.keys()  # which children ran when a sibling failed is chance
    assert {key: calm[key] for key in both} == {key: shaken[key] for key in both}


def reads(nodes: dict[str, Any], *edges: str, **more: Any) -> Drive:
    """A run whose first step has read a file."""
    drive = Drive(order({"read": "task", **nodes}, *edges), **more)
    took_in(drive, "read")
    drive.ok("read", {"x": 1})
    return drive


def took_in(drive: Drive, where: str, gives: str = "file") -> None:
    run, node, visit = drive.place(where)
    done = {"effect": "pure", "tool": "file.read", "fingerprint": "f", "result": "x", "gives": gives}
    drive.do(lambda turn: turn.do(ev.EffectSucceeded, node=node, visit=visit, key="1", **done), run=run)


def sources(drive: Drive, where: str) -> Any:
    run, node, visit = drive.place(where)
    return drive.runs[run].steps[node, visit].sources


def main(drive: Drive, where: str) -> Any:
    run, node, _ = drive.place(where)
    return sources(drive, where).get(drive.runs[run].order.shape[node].main)


def test_a_run_that_took_nothing_in_says_nothing() -> None:
    drive = Drive(order({"a": "task", "b": "task"}, "a.output -> b.input"))
    drive.ok("a")
    drive.ok("b")
    assert "sources" not in "".join(ev.to_json(event) for event in drive.events)


def test_a_step_is_of_what_it_reads_and_of_what_its_inputs_were() -> None:
    drive = reads({"next": "task"}, "read.output -> next.input")
    took_in(drive, "next", "web")
    drive.ok("next")
    assert main(drive, "read") == FILE and main(drive, "next") == ["file:read", "web:next"]


def test_a_failure_quotes_what_the_step_has_seen() -> None:
    drive = Drive(order({"read": ("task", {}, {"on_error": "route"}), "next": "task"}, "read.error -> next.input"))
    took_in(drive, "read", "web")
    drive.bad("read", blamed="1")
    assert sources(drive, "read") == {"error": ["web:read"]}
    drive.ok("next")
    assert main(drive, "next") == ["web:read"]


def test_a_branch_hands_on_and_a_merge_keeps_apart() -> None:
    drive = reads(
        {
            "way": ("branch", {"cases": [{"name": "yes", "when": "true"}]}),
            "other": "task",
            "both": ("merge", {"policy": "all"}),
        },
        "read.output -> way.input",
        "way.yes -> both.input",
        "other.output -> both.input",
    )
    assert sources(drive, "way") == {"yes": FILE}
    drive.ok("other")
    assert main(drive, "both") == {"0": FILE}


def test_people_make_a_value_theirs_and_silence_does_not() -> None:
    for option, wanted in (("approve", {}), ("refuse", {"refused": {"value": FILE}})):
        drive = reads({"ok": ("gate", {"headline": "?"})}, "read.output -> ok.input")
        drive.answer("ok", option)
        assert sources(drive, "ok") == wanted
    late = reads(
        {"ok": ("gate", {"headline": "?", "deadline_s": 10, "on_deadline": "approve"})}, "read.output -> ok.input"
    )
    late.wait(20)
    assert sources(late, "ok") == {"approved": {"value": FILE}}
    form = reads({"ask": ("form", {"headline": "?", "form": {"type": "object"}})}, "read.output -> ask.input")
    form.answer("ask", "submit", values={"form": {}})
    assert sources(form, "ask") == {}


def test_rounds_carry_what_the_last_one_gave() -> None:
    drive = Drive(
        order(
            {"start": "task", "turn": ("loop", {"until": "false", "limit": 3}), "work": "task"},
            "start.output -> turn.start",
            "turn.body -> work.input",
            "work.output -> turn.again",
        )
    )
    drive.ok("start")
    took_in(drive, "work[1]")
    drive.ok("work[1]")
    drive.ok("work[2]")
    assert main(drive, "work[2]") == ["file:work"]


def test_children_are_told_and_tell() -> None:
    inner = order({"inside": "task"}, outputs={"y": "{{ steps.inside.output }}"}, inputs={"x": {}, "z": {}})
    params = {"workflow": "inner", "inputs": {"x": "{{ steps.read.output.x }}", "z": 1}}
    drive = reads({"call": ("subworkflow", params)}, "read.output -> call.input", children={"inner": inner})
    (child,) = drive.children()
    assert drive.runs[child].started.sources == {"x": FILE}  # type: ignore[union-attr]
    took_in(drive, f"{child}:inside", "web")
    drive.ok(f"{child}:inside")
    assert main(drive, "call") == {"y": ["web:inside"]}


def test_items_carry_what_their_list_was() -> None:
    inner = order({"inside": "task"}, outputs={"y": "{{ item }}"})
    params = {"workflow": "inner", "items": "{{ [steps.read.output.x] }}"}
    drive = reads({"all": ("each", params)}, "read.output -> all.input", children={"inner": inner})
    (child,) = drive.children()
    assert drive.runs[child].started.item_sources == FILE  # type: ignore[union-attr]
    drive.ok(f"{child}:inside")
    assert main(drive, "all") == FILE


def test_a_run_of_an_older_engine_that_is_continued_counts_as_having_read_whatever_it_asked() -> None:
    old = reads({"next": "task"}, "read.output -> next.input")
    old.bad("next")
    assert old.state.started is not None
    told_before = old.state.started.model_copy(update={"traced": False})
    old.state.started = told_before
    old.state.steps["read", ()].sources = {}
    old.state.steps["read", ()].effects["1"].gives = ""
    drive = Drive(old.orders["main"], old=old)
    assert sources(drive, "read") == {"output": ["tool:read"]}
