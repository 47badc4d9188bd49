"""What it costs to follow a run: as ratios within one process, never as times."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from runs_kit import long_run, opened

from designer.runs.run_panel import RunPanel
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story


def least(work: Callable[[], object], times: int = 15) -> float:
    """The shortest of several tries: what the work costs when nobody disturbs it."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found)


def follow(link: FakeLink, story: Story, panel: RunPanel, at: int) -> Callable[[], object]:
    steps = iter(range(at, at + 1000))

    def one() -> None:
        node = f"n{next(steps)}"
        events = [story.attempt(node), story.succeeded(node, output={"x": 1})]
        link.say(*events)
        panel._changed()

    return one


def test_an_update_costs_no_more_in_a_long_run_and_far_less_than_drawing_anew(qtbot: Any) -> None:
    costs = {}
    for count in (100, 2000):
        story = long_run(count, done=False)
        link, live, panel = opened(qtbot, story)
        panel.show_step("n3")
        costs[count] = least(follow(link, story, panel, count // 2))
        if count == 2000:
            anew = least(panel._show_anew, 3)
            assert costs[count] < anew * 0.2
        panel.shut()
        live.close()
    assert costs[2000] < costs[100] * 6


def test_a_timeline_of_thousands_of_steps_is_drawn_as_fast_as_a_short_one(qtbot: Any) -> None:
    costs = {}
    for count in (50, 2000):
        _, live, panel = opened(qtbot, long_run(count))
        panel.show_view("timeline")
        qtbot.waitExposed(panel)
        panel.timeline.viewport().grab()
        costs[count] = least(lambda panel=panel: panel.timeline.viewport().grab())
        panel.shut()
        live.close()
    assert costs[2000] < costs[50] * 3
