"""The hand-off in the run panel: what goes from one agent to the next beside what the first was given."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel

from designer.runs.hand_off import hand_offs_of
from designer.runs.run_panel import RunPanel
from engine.run import events as ev
from engine.workflow.model import Node
from tests.designer.runs.runs_kit import opened
from tests.designer.support.stories import Story, workflow

FLOW = workflow(
    Node(key="sales", type="agent", title="Sales", params={"model": "small"}),
    Node(key="legal", type="agent", title="Legal", params={"model": "big"}),
    Node(key="boss", type="agent", title="The boss", params={"model": "big"}),
    edges="sales.to_legal -> legal.input\nlegal.up -> boss.input",
    title="Contracts",
)
FIRST = {
    "goal": "check it", "reason": "it is a contract", "fields": {"amount": 3}, "facts": ["an order"],
    "open_questions": [], "tool_results": [], "budget_left": {"tokens": 500, "turns": 14},
}  # fmt: skip
SECOND = {**FIRST, "goal": "sign it", "fields": {"risk": "low"}, "facts": ["an order", {"amount": 3}]}


def told() -> Story:
    story = Story(of=FLOW)
    story.started()
    story.attempt("sales")
    story.add(ev.HandedOff, node="sales", key="2", to="to_legal", envelope=FIRST)
    story.succeeded("sales", to_legal=FIRST)
    story.attempt("legal")
    story.add(ev.HandedOff, node="legal", key="2", to="up", envelope=SECOND)
    story.succeeded("legal", up=SECOND)
    story.attempt("boss")
    return story


def panel_on(qtbot: Any, node: str) -> RunPanel:
    _, _, panel = opened(qtbot, told())
    panel.show_step(node)
    assert panel.detail._focus is not None and panel.detail._focus.node == node
    return panel


def test_sender_and_receiver_show_the_same_envelope_from_both_sides(qtbot: Any) -> None:
    shown = {}
    for node in ("sales", "legal", "boss"):
        panel = panel_on(qtbot, node)
        focus = panel.detail._focus
        assert focus is not None
        shown[node] = [(one.sent, one.sender, one.receiver, one.before, one.after) for one in hand_offs_of(focus)]
    given = {"facts": ["an order"]}
    assert shown["sales"] == [(True, "Sales", "Legal", given, FIRST)]
    assert shown["legal"] == [(False, "Sales", "Legal", given, FIRST), (True, "Legal", "The boss", FIRST, SECOND)]
    assert shown["boss"] == [(False, "Legal", "The boss", FIRST, SECOND)]


def test_the_tab_is_there_for_agents_that_hand_off_and_shows_the_difference(qtbot: Any) -> None:
    panel = panel_on(qtbot, "legal")
    detail = panel.detail
    detail.show_tab("handoff")
    assert detail.pages.currentWidget() is detail.hand_off
    received, sent = detail.hand_off.sides
    assert (received.title.text(), sent.title.text()) == ("Received from Sales", "Handed to The boss")
    assert received.left.text() == "14 turns, 500 tokens left"
    assert sent.diff.count == 4, "the goal, a field more, a field less, a fact"
    names = [one.text() for one in received.diff.findChildren(QLabel) if one.property("role") == "strong"]
    assert names[:3] == ["fields.amount", "budget_left.tokens", "budget_left.turns"], "each field by itself, and first"
    alone = Story(of=FLOW)
    alone.started()
    alone.attempt("sales")
    _, _, other = opened(qtbot, alone)
    other.show_step("sales")
    assert not other.detail.tabs.rect_of("handoff").isValid()


def test_an_agent_is_replayed_alone_by_its_button_and_by_the_menu(qtbot: Any) -> None:
    panel = panel_on(qtbot, "legal")
    panel.detail.show_tab("handoff")
    with qtbot.waitSignal(panel.replay_requested) as asked:
        panel.detail.hand_off.replay.click()
    assert asked.args == ["run1", "legal"]
    panel._fill_detail_menu()
    action = next(one for one in panel.detail.menu.actions() if one.text() == "Replay this step alone")
    with qtbot.waitSignal(panel.replay_requested) as asked:
        action.trigger()
    assert asked.args == ["run1", "legal"] and action.isEnabled()


def test_a_replay_shows_what_it_was_given(qtbot: Any) -> None:
    story = Story(of=FLOW)
    only = ev.StepRef(node="legal")
    story.started(continues=ev.Continues(run="run0", only=only, set={"legal.input": FIRST}))
    story.attempt("legal")
    _, _, panel = opened(qtbot, story)
    panel.show_step("legal")
    focus = panel.detail._focus
    assert focus is not None
    (found,) = hand_offs_of(focus)
    assert (found.sent, found.sender, found.after) == (False, "", FIRST)


def test_values_say_where_they_came_from(qtbot: Any) -> None:
    story = Story(of=FLOW)
    story.started()
    story.attempt("sales")
    story.add(ev.StepSucceeded, node="sales", outputs={"to_legal": FIRST}, sources={"to_legal": ["file:a", "model:b"]})
    story.attempt("legal")
    _, _, panel = opened(qtbot, story)
    panel.show_step("sales")
    panel.detail.show_tab("data")
    side = panel.detail.data.output
    qtbot.waitUntil(lambda: [chip.text() for chip in side.sources] == ["file", "model"])
    assert "nobody vouches" in side.sources[0].toolTip() and "to_legal" in side.sources[0].toolTip()
    panel.show_step("legal")
    panel.detail.show_tab("data")
    qtbot.waitUntil(lambda: [chip.text() for chip in panel.detail.data.input.sources] == ["file", "model"])
