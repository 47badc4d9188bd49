"""A run looked back upon is what a fold of its events so far would be."""

from __future__ import annotations

import random
import time

from designer.engine_link.history import EVERY, MARKS, History
from engine.observe.trace import trace
from engine.run import events as ev
from tests.designer.support.stories import Story


def long_story(steps: int) -> Story:
    story = Story(dt=0.01)
    story.started()
    for number in range(steps):
        visit = (number,)
        story.attempt("work", visit=visit)
        story.effect_started("work", visit=visit)
        if number % 7 == 0:
            story.asked("work", f"q{number}", type="approval", visit=visit)
            story.answered("work", f"q{number}", visit=visit)
            story.settled("work", f"q{number}")
        story.effect_succeeded("work", visit=visit)
        story.succeeded("work", visit=visit, output={"n": number})
        story.round("loop", number + 1)
        story.add(ev.ToolCallRefused, node="loop", key="1", fault="no", hint="yes")
    story.skipped("work", "never")
    return story


def test_every_look_back_is_a_fold_of_what_was() -> None:
    story = long_story(400)
    history = History("run1")
    chance = random.Random(4)
    for event in story.events:
        assert history.take(event)
        if chance.random() < 0.02:
            seq = chance.randint(0, event.seq)
            assert history.at(seq) == trace(story.events[:seq]) or seq == 0
    for seq in [*range(1, 40), *(chance.randint(1, len(story.events)) for _ in range(60))]:
        assert history.at(seq) == trace(story.events[:seq])
    assert history.trace == trace(story.events)


def test_a_look_back_stays_what_it_is_while_the_run_goes_on() -> None:
    story = long_story(300)
    history = History("run1")
    for event in story.events[:1200]:
        history.take(event)
    seen = {seq: history.at(seq) for seq in (1, 400, 500, 501, 999, 1100)}
    for event in story.events[1200:]:
        history.take(event)
    for seq, was in seen.items():
        assert was == trace(story.events[:seq])


def test_events_come_once_and_in_order() -> None:
    story = long_story(3)
    history = History("run1")
    assert history.take(story.events[0])
    assert not history.take(story.events[0])
    assert not history.take(story.events[5])
    assert history.trace.seq == 1


def test_before_the_first_event_there_is_nothing() -> None:
    history = History("run1")
    for event in long_story(2).events:
        history.take(event)
    assert history.at(0).status == "new" and not history.at(0).steps and history.at(-3).seq == 0
    assert history.at(10**9) is history.trace


def test_snapshots_stay_few_and_evenly_spread() -> None:
    history = History("run1")
    story = Story(dt=0.0)
    story.started()
    history.take(story.events[0])
    for number in range(EVERY * MARKS * 3):
        history.take(story.round("loop", number + 1))
    assert len(history._marks) <= MARKS + 1
    gaps = {b.seq - a.seq for a, b in zip(history._marks, history._marks[1:], strict=False)}
    assert gaps == {history._every}


def test_sliding_costs_a_part_of_folding_anew() -> None:
    story = long_story(1500)
    history = History("run1")
    for event in story.events:
        history.take(event)
    chance = random.Random(1)
    places = [chance.randint(1, len(story.events)) for _ in range(15)]

    def fastest(look: object) -> float:
        times = []
        for seq in places:
            begun = time.perf_counter()
            look(seq)  # type: ignore[operator]
            times.append(time.perf_counter() - begun)
        return sorted(times)[len(times) // 2]

    ratios = [fastest(history.at) / fastest(lambda seq: trace(story.events[:seq])) for _ in range(3)]
    print(f"a look back costs {min(ratios):.3f} of a fold from the start")
    assert min(ratios) < 0.5
