"""The plan of the models' memory: nothing beyond the budget, nobody in use thrown out, nobody waiting for ever."""

from __future__ import annotations

from collections.abc import Hashable
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from engine.models.plan import PASSES, Moves, Plan, Ticket

NEEDS = {"a": 40, "b": 40, "c": 40, "d": 90, "e": 13}
BUDGET = 100


class Desk:
    """A plan with processes that start and end when the test says so."""

    def __init__(self, budget: int = BUDGET) -> None:
        self.plan, self.now = Plan(budget), 0.0
        self.free: int | None = None
        self.granted: list[Ticket] = []
        self.hopeless: list[Ticket] = []
        self.ending: list[Hashable] = []

    def turn(self) -> Moves:
        moves = self.plan.moves(self.now, self.free)
        self.granted += moves.granted
        self.hopeless += moves.hopeless
        for key in moves.evict:
            assert self.plan.places[key].users == 0, "one in use is never thrown out"
            assert key not in self.ending, "told once"
        self.ending += moves.evict
        assert self.plan.reserved <= self.plan.budget
        return moves

    def ask(self, key: str, keep: float = inf) -> Ticket:
        ticket = self.plan.enter(key, NEEDS[key], keep)
        self.turn()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        self.now += 1
        self.plan.leave(ticket, self.now)
        self.turn()

    def ended(self) -> None:
        self.plan.gone(self.ending.pop(0))
        self.turn()

    def used(self, *keys: str) -> None:
        """Each was used once, in this order, and is idle in memory now."""
        for key in keys:
            ticket = self.ask(key)
            self.plan.started(key)
            self.leave(ticket)


def test_the_one_that_was_used_longest_ago_makes_room() -> None:
    desk = Desk()
    desk.used("a", "b", "a")
    ticket = desk.ask("c")
    assert (desk.ending, desk.granted[-1].key) == (["b"], "a"), "not before the process has ended"
    desk.ended()
    assert ticket.granted and set(desk.plan.places) == {"a", "c"}


def test_no_more_leave_than_must_and_those_that_are_always_kept_leave_last() -> None:
    desk = Desk()
    desk.used("a", "e")
    desk.plan.places["e"].keep = 60.0
    desk.now = 50.0
    desk.used("b")
    desk.ask("c")
    assert desk.ending == ["e", "a"] and "b" in desk.plan.places


def test_one_in_use_is_waited_for_and_idle_ones_stay_until_their_room_is_enough() -> None:
    desk = Desk()
    desk.used("b")
    busy = desk.ask("a")
    large = desk.ask("d")
    assert desk.ending == [] and not large.granted
    desk.leave(busy)
    assert set(desk.ending) == {"a", "b"}
    desk.ended()
    desk.ended()
    assert large.granted


def test_questions_to_models_in_memory_overtake_one_that_waits_but_not_for_ever() -> None:
    desk = Desk()
    desk.used("b")
    busy = desk.ask("a")
    large = desk.ask("d")
    passing = [desk.ask("b") for _ in range(PASSES + 3)]
    assert [one.granted for one in passing] == [True] * PASSES + [False] * 3
    for one in [busy, *passing[:PASSES]]:
        desk.leave(one)
    while desk.ending:
        desk.ended()
    assert large.granted and not passing[-1].granted


def test_idle_models_leave_when_their_time_is_over_and_not_before() -> None:
    desk = Desk()
    ticket = desk.ask("a", keep=30.0)
    desk.plan.started("a")
    desk.leave(ticket)
    assert desk.plan.next_at() == 31.0
    desk.now = 30.9
    assert desk.turn().evict == []
    desk.now = 31.0
    assert desk.turn().evict == ["a"]
    assert desk.plan.next_at() == inf


def test_what_is_asked_again_while_it_leaves_comes_back_afterwards() -> None:
    desk = Desk()
    desk.used("a", "b")
    desk.ask("c")
    again = desk.ask("a")
    assert desk.ending == ["a"] and not again.granted
    desk.ended()
    desk.leave(desk.granted[-1])
    desk.ended()
    assert again.granted


def test_a_pc_with_too_little_free_memory_gives_up_idle_models_and_then_says_no() -> None:
    desk = Desk()
    desk.used("a")
    desk.free = 5
    ticket = desk.ask("e")
    assert desk.ending == ["a"]
    desk.ended()
    assert desk.hopeless == [ticket] and not desk.plan.line
    desk.free = 50
    assert desk.ask("e").granted


def test_a_model_that_is_just_starting_has_not_taken_its_memory_yet() -> None:
    desk = Desk()
    desk.free = 75
    desk.ask("a")
    assert not desk.ask("b").granted, "40 of the 75 are spoken for"


def test_after_memory_ran_out_less_is_loaded_at_once_but_each_may_try_alone() -> None:
    desk = Desk()
    desk.used("a", "b")
    desk.plan.ran_out()
    desk.turn()
    assert desk.plan.allowed == 64 and desk.ending == ["a"], "80 of 100 were reserved"
    desk.ended()
    large = desk.ask("d")
    desk.ended()
    assert large.granted
    desk.plan.resize(200)
    assert desk.plan.allowed == 200


def test_one_model_alone_that_runs_out_of_memory_takes_nothing_from_the_others() -> None:
    desk = Desk()
    desk.used("a")
    desk.plan.ran_out()
    assert desk.plan.allowed == BUDGET


def test_what_can_never_fit_is_known_before_it_waits() -> None:
    assert not Plan(50).fits(51) and Plan(50).fits(50)


def test_one_who_gives_up_waiting_holds_up_nobody() -> None:
    desk = Desk()
    busy = desk.ask("d")
    gives_up, next_one = desk.ask("a"), desk.ask("b")
    desk.leave(gives_up)
    desk.leave(busy)
    desk.ended()
    assert next_one.granted and not gives_up.granted


KEYS = st.sampled_from(sorted(NEEDS))
ASK = st.tuples(st.just("ask"), KEYS, st.sampled_from([0.0, 3.0, inf]))
LEAVE = st.tuples(st.just("leave"), st.integers(0, 30), st.none())
END = st.tuples(st.just("end"), st.integers(0, 5), st.none())
DEEDS = st.lists(
    st.one_of(
        *(ASK, ASK, ASK, ASK, LEAVE, LEAVE, LEAVE, END, END),
        st.tuples(st.just("started"), KEYS, st.none()),
        st.tuples(st.just("unwanted"), KEYS, st.none()),
        st.tuples(st.just("ran out"), st.none(), st.none()),
        st.tuples(st.just("free"), st.sampled_from([None, 20, 200]), st.none()),
        st.tuples(st.just("budget"), st.sampled_from([100, 120]), st.none()),
    ),
    min_size=4,
    max_size=60,
)


@given(DEEDS)
def test_whatever_happens_the_budget_holds_and_everybody_is_served_in_the_end(
    deeds: list[tuple[str, object, object]],
) -> None:
    desk, open_tickets = Desk(), []
    for what, which, more in deeds:
        desk.now += 1
        if what == "ask":
            open_tickets.append(desk.ask(str(which), float(str(more))))
        elif what == "leave" and open_tickets:
            desk.leave(open_tickets.pop(int(str(which)) % len(open_tickets)))
        elif what == "end" and desk.ending:
            desk.plan.gone(desk.ending.pop(int(str(which)) % len(desk.ending)))
        elif what == "started":
            desk.plan.started(which)
        elif what == "unwanted":
            desk.plan.unwanted(which)
        elif what == "ran out":
            desk.plan.ran_out()
        elif what == "free":
            desk.free = None if which is None else int(str(which))
        elif what == "budget" and int(str(which)) >= desk.plan.reserved:
            desk.plan.resize(int(str(which)))
        desk.turn()
        for place in desk.plan.places.values():
            users = sum(one.granted and one.key == place.key for one in open_tickets)
            assert place.users == users
    desk.free = None
    desk.turn()
    for _ in range(len(open_tickets) * 4 + 20):
        if desk.ending:
            desk.ended()
        held = [one for one in open_tickets if one.granted]
        if held:
            open_tickets.remove(held[0])
            desk.leave(held[0])
    assert all(one in desk.hopeless for one in open_tickets), "everybody who waited was served, or told why not"
    assert not desk.plan.line
