"""Random workflows, random completion orders, random crashes: the house rules hold after every batch (SEMANTICS §6).

Every example asserts, after every batch: the fold of the journal is the state, a closed batch has no more consequences,
every event is what its stored body says, a step ends once, nothing follows an end event.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planner_kit import order
from random_workflows import Features, Plan, plan
from simulation import MAIN, Simulation, Troubles

from engine.run.record import ENDED, RUN_ENDED

seeds = st.integers(0, 2**31)
depths, extras = st.integers(1, 4), st.integers(0, 8)
KEEP_QUIET = list(HealthCheck)


def simulated(made: Plan, seed: int, picks: int, troubles: Troubles | None = None) -> Simulation:
    return Simulation(made, seed, random.Random(picks), troubles).run()


def in_any_order(which: int, depth: int, extra: int, one: int, two: int) -> None:
    made = plan(which, depth, extra)
    assert simulated(made, which, one).result() == simulated(made, which, two).result()


def through_crashes(which: int, depth: int, extra: int, one: int, two: int) -> None:
    made = plan(which, depth, extra)
    troubles = Troubles(crashes=0.1, lose_batches=two % 2 == 0, after_batch=0.3 if two % 3 == 0 else 0.0)
    assert simulated(made, which, one).result() == simulated(made, which, two, troubles).result()


def to_an_end(which: int, depth: int, extra: int, one: int, two: int) -> None:
    features = Features(racing=True, deadlines=True, stops=True, crash_limit=two % 4)
    troubles = Troubles(0.05, lose_batches=True, people_stop=True, late_answers=True, lost_replies=True)
    troubles.cancel = two % 3 == 0
    done = simulated(plan(which, depth, extra, features), which, one, troubles)
    for state in done.runs.values():
        assert state.status in RUN_ENDED
        assert all(step.status in ENDED for step in state.steps.values())
        assert all(question.outcome is not None for _, _, question in state.questions.values())
        assert not state.open_world and not state.open_children


def continued(which: int, depth: int, extra: int, one: int, two: int) -> None:
    made = plan(which, depth, extra, Features(children=False))
    first = simulated(made, which, one, Troubles(0.03, cancel=two % 2 == 0))
    second = Simulation(made, which, random.Random(two), Troubles(0.03))
    second.continues(first)
    second.run()
    old, new = first.runs[MAIN], second.runs[second.main]
    assert new.status in RUN_ENDED
    for (node, visit), step in old.steps.items():
        again = new.steps.get((node, visit))
        if (
            step.status != "succeeded"
            or step.by != "attempt"
            or again is None
            or again.status in ("skipped", "cancelled")
        ):
            continue
        if (again.tokens, again.value) == (step.tokens, step.value) and "see" not in new.order.node[node].params:
            assert (again.by, again.outputs) == ("reused", step.outputs), "a result that is there already was not used"


@settings(max_examples=200, suppress_health_check=KEEP_QUIET)
@given(seeds, depths, extras, seeds, seeds)
def test_results_do_not_depend_on_who_finished_first(which: int, depth: int, extra: int, one: int, two: int) -> None:
    in_any_order(which, depth, extra, one, two)


@settings(max_examples=200, suppress_health_check=KEEP_QUIET)
@given(seeds, depths, extras, seeds, seeds)
def test_a_run_that_crashes_ends_like_one_that_never_did(
    which: int, depth: int, extra: int, one: int, two: int
) -> None:
    through_crashes(which, depth, extra, one, two)


@settings(max_examples=250, suppress_health_check=KEEP_QUIET)
@given(seeds, depths, extras, seeds, seeds)
def test_every_run_ends_whatever_happens_to_it(which: int, depth: int, extra: int, one: int, two: int) -> None:
    to_an_end(which, depth, extra, one, two)


@settings(max_examples=100, suppress_health_check=KEEP_QUIET)
@given(seeds, depths, extras, seeds, seeds)
def test_a_run_that_continues_another_uses_its_results(which: int, depth: int, extra: int, one: int, two: int) -> None:
    continued(which, depth, extra, one, two)


PROGRAMS = {
    "in a row": [["pure"], ["world", "at_most_once"], ["ask", 1, None], ["world", "idempotent"], ["sleep"]],
    "side by side": [
        ["gather", [[["world", "checkable"], ["pure"]], [["world", "at_most_once"]]]],
        ["world", "idempotent"],
    ],
    "nested": [
        ["gather", [[["gather", [[["pure"]], [["world", "at_most_once"]]]]], [["world", "checkable"]]]],
        ["pure"],
    ],
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("seed", range(4))
def test_a_crash_after_any_two_batches_changes_nothing(program: str, seed: int) -> None:
    policy = {"max_attempts": 3, "max_interruptions": 99, "on_error": "continue"}
    nodes = {"first": "task", "work": ("work", {"program": PROGRAMS[program]}, policy), "last": "task"}
    made = Plan("main", {"main": order(nodes, "first.output -> work.input", "work.output -> last.input")}, {})
    calm = simulated(made, seed, 1, Troubles(owners_change=False))
    count = calm.batches
    pairs = [(a, b) for a in range(1, count + 1) for b in range(a, count + 4)]
    for at in pairs:
        assert simulated(made, seed, 1, Troubles(owners_change=False, at=at)).result() == calm.result(), at


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("check", [in_any_order, through_crashes, to_an_end, continued])
def test_the_house_rules_hold_over_thousands_of_workflows(check: Callable[[int, int, int, int, int], None]) -> None:
    r = random.Random(check.__name__)
    for _ in range(1000):
        check(r.randrange(2**31), r.randint(1, 5), r.randint(0, 12), r.randrange(2**31), r.randrange(2**31))
