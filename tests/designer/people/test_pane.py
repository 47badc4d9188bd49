"""One question on the screen: what can be pressed, what is sent, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from designer import theme
from designer.engine_link import OpenQuestion
from designer.people import ApprovalDialog, ApprovalPane, Drafts
from designer.people.drafts import Draft
from engine.observe.records import AnswerTrace
from engine.run.questions import doubt_form, escalation_form, fault_of, fill_form, gate_form, shown_hash
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story, open_question

ORDER = {"machine": "PUMP-02", "severity": "high", "note": "worn"}


def gate(**params: Any) -> dict[str, Any]:
    given = {
        "headline": "Order a new seal?",
        "value": ORDER,
        "editable": ["severity", "note"],
        "risk": "high",
        **params,
    }
    return gate_form(given, {})


def asked(form: dict[str, Any] | None = None, **fields: Any) -> OpenQuestion:
    return open_question("q1", form=form or gate(), node_title="Shift lead approves", **fields)


@pytest.fixture
def link(qtbot: QtBot) -> Iterator[FakeLink]:
    made = FakeLink(at_once=True)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def look(qapp: Any) -> None:
    theme.apply(qapp, "light")


def shown(link: FakeLink, qtbot: QtBot, question: OpenQuestion, drafts: Drafts | None = None) -> ApprovalPane:
    story = Story("run1")
    story.started()
    story.asked("approve", question.id, **question.question.form)
    if not link.store.journal.all:
        link.store.journal.put(*story.events)
    pane = ApprovalPane(link, drafts=drafts or Drafts("Anna"))
    qtbot.addWidget(pane)
    pane.resize(760, 640)
    link.ask(question)
    pane.show_question(question)
    pane.show()
    return pane


def edit(pane: ApprovalPane, **fields: Any) -> None:
    editor = pane.page.proposal.editor  # type: ignore[union-attr]
    assert editor is not None
    editor.set_value({**editor.value(), **fields})
    editor.changed.emit(editor.value())


def click(pane: ApprovalPane, option: str) -> None:
    QTest.mouseClick(pane.bar.buttons[option], Qt.MouseButton.LeftButton)


def enabled(pane: ApprovalPane) -> set[str]:
    return {name for name, button in pane.bar.buttons.items() if button.isEnabled()}


# ---- Enter and Escape
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_never_answers_wherever_the_focus_is(link: FakeLink, qtbot: QtBot, key: Qt.Key) -> None:
    dialog = ApprovalDialog(link, asked(), drafts=Drafts("Anna"))
    qtbot.addWidget(dialog)
    dialog.show()
    bar = dialog.pane.bar
    places = [dialog, dialog.pane, bar.comment, bar.name, bar.word, *bar.buttons.values()]
    places += dialog.pane.page.findChildren(QLineEdit) + dialog.pane.page.findChildren(QPushButton)
    for place in places:
        place.setFocus()
        QTest.keyClick(place, key)
    assert link.filed == []
    assert dialog.isVisible()


def test_no_button_is_the_default_one(link: FakeLink, qtbot: QtBot) -> None:
    dialog = ApprovalDialog(link, asked(), drafts=Drafts("Anna"))
    qtbot.addWidget(dialog)
    dialog.show()
    assert not any(button.isDefault() or button.autoDefault() for button in dialog.findChildren(QPushButton))


def test_escape_closes_without_an_answer_and_keeps_what_was_typed(link: FakeLink, qtbot: QtBot) -> None:
    drafts = Drafts("Anna")
    dialog = ApprovalDialog(link, asked(), drafts=drafts)
    qtbot.addWidget(dialog)
    dialog.show()
    QTest.keyClicks(dialog.pane.bar.comment, "I have to ask Ben")
    edit(dialog.pane, severity="low")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert link.filed == [] and not dialog.isVisible()
    pane = shown(link, qtbot, asked(), drafts)
    assert pane.bar.comment.toPlainText() == "I have to ask Ben"
    assert pane.page.proposal is not None and pane.page.proposal.value == {**ORDER, "severity": "low"}


# ---- approving
def test_approving_sends_who_and_the_hash_of_what_was_shown(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    click(pane, "approve")
    (filed,) = link.filed
    assert (filed.kind, filed.actor) == ("answer", "Anna")
    assert filed.payload == {"question": "q1", "option": "approve", "shown": shown_hash("q1", gate())}


def test_an_edit_turns_approve_off_and_is_sent_with_changes(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    assert "approve" in enabled(pane) and "approve_with_changes" not in enabled(pane)
    edit(pane, severity="low")
    assert "approve" not in enabled(pane)
    assert pane.page.proposal is not None and pane.page.proposal.editor is not None
    assert pane.page.proposal.editor.edited_paths() == [("severity",)]
    assert pane.page.proposal.changes.isVisibleTo(pane)
    click(pane, "approve_with_changes")
    values = link.filed[0].payload["values"]
    assert values == {"value": {**ORDER, "severity": "low"}}
    assert fault_of(gate(), "approve_with_changes", values) == ""


def test_typing_into_a_field_counts_as_an_edit_before_the_button_is_pressed(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    editor = pane.page.proposal.editor  # type: ignore[union-attr]
    assert editor is not None
    field = editor.row("note").editor().target()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "torn")
    click(pane, "approve")  # within the form's pause
    assert link.filed == []
    click(pane, "approve_with_changes")
    assert link.filed[0].payload["values"]["value"]["note"] == "torn"


def test_undoing_the_changes_gives_approve_back(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    edit(pane, severity="low")
    pane.page.proposal.undo_changes()  # type: ignore[union-attr]
    assert "approve" in enabled(pane) and "approve_with_changes" not in enabled(pane)


def test_fields_that_may_not_be_changed_are_not_in_the_form(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    editor = pane.page.proposal.editor  # type: ignore[union-attr]
    assert editor is not None and set(editor.value()) == {"severity", "note"}


# ---- saying no
@pytest.mark.parametrize("option", ["refuse", "send_back"])
def test_saying_no_without_a_reason_goes_to_the_comment(link: FakeLink, qtbot: QtBot, option: str) -> None:
    pane = shown(link, qtbot, asked())
    click(pane, option)
    assert link.filed == [] and pane.bar.said.text()
    QTest.keyClicks(pane.bar.comment, "Wrong machine")
    click(pane, option)
    assert link.filed[0].payload["comment"] == "Wrong machine"


# ---- what cannot be undone
def test_an_irreversible_effect_needs_the_word(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked(gate(risk="irreversible")))
    assert "approve" not in enabled(pane)
    QTest.keyClicks(pane.bar.word, "shift lead")
    assert "approve" not in enabled(pane)
    QTest.keyClicks(pane.bar.word, " approves")
    assert "approve" in enabled(pane)
    assert pane.bar.buttons["approve"].property("kind") == "danger"


# ---- people
def test_a_person_cannot_count_twice_and_sees_who_has_approved(link: FakeLink, qtbot: QtBot) -> None:
    question = asked(required=2, answers=[AnswerTrace("Mira", 1.0, "approve", None, "")])
    pane = shown(link, qtbot, question, Drafts("Mira"))
    assert pane.page.head.people.text() == "1 of 2 approved, by Mira"
    assert enabled(pane) == set()
    pane.bar.name.setText("Anna")
    assert "approve" in enabled(pane)


def test_the_name_is_remembered(link: FakeLink, qtbot: QtBot) -> None:
    kept: list[str] = []
    drafts = Drafts("Anna", kept.append)
    pane = shown(link, qtbot, asked(), drafts)
    pane.bar.name.setText("Ben")
    assert (drafts.name, kept) == ("Ben", ["Ben"])


def test_nobody_answers_without_a_name(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    pane.bar.name.clear()
    click(pane, "approve")
    assert link.filed == [] and "who" in pane.bar.said.text()


# ---- what comes back
def test_while_it_is_sent_nothing_else_can_be_pressed(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    click(pane, "approve")
    assert enabled(pane) == set() and pane.bar.buttons["approve"].text() == "Sending…"
    click(pane, "refuse")
    assert len(link.filed) == 1


def test_an_answer_that_was_taken_is_told(link: FakeLink, qtbot: QtBot) -> None:
    drafts = Drafts("Anna")
    pane = shown(link, qtbot, asked(), drafts)
    QTest.keyClicks(pane.bar.comment, "fine")
    click(pane, "approve")
    with qtbot.waitSignal(pane.answered) as told:
        link.reply(True)
    assert told.args == [("q1", "approve")]
    assert drafts.get("q1") == Draft() and pane.bar.said.text() == "You approved it."


def test_a_refusal_stands_in_the_pane_and_loses_nothing(link: FakeLink, qtbot: QtBot) -> None:
    drafts = Drafts("Anna")
    pane = shown(link, qtbot, asked(), drafts)
    edit(pane, note="typed for an hour")
    click(pane, "approve_with_changes")
    link.reply(False, "The question has changed since it was shown.")
    assert "has changed" in pane.bar.said.text()
    assert drafts.get("q1").value == {**ORDER, "note": "typed for an hour"}
    assert "approve_with_changes" in enabled(pane)


def test_what_cannot_be_filed_is_said_in_place(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    link.fails = "The disk is full."
    click(pane, "approve")
    assert "The disk is full." in pane.bar.said.text()
    assert "approve" in enabled(pane)


def test_an_answer_from_elsewhere_closes_the_pane_with_one_sentence(link: FakeLink, qtbot: QtBot) -> None:
    drafts = Drafts("Anna")
    story = Story("run1")
    story.started()
    story.asked("approve", "q1", **gate())
    link.store.journal.put(*story.events)
    pane = shown(link, qtbot, asked(), drafts)
    QTest.keyClicks(pane.bar.comment, "half a thought")
    story.answered("approve", "q1", "refuse", by="Mira")
    story.settled("approve", "q1", "refuse")
    link.store.journal.put(*story.events[2:])
    link.ask()
    assert pane.bar.said.text().startswith("Mira answered at ") and pane.bar.said.text().endswith(": Refused.")
    assert not any(button.isVisible() for button in pane.bar.buttons.values())
    assert drafts.get("q1").comment == "half a thought"


def test_the_end_of_the_run_closes_the_pane(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    story = Story("run1")
    story.events = list(link.store.journal.all)
    link.store.journal.put(story.run_cancelled())
    link.ask()
    assert "has ended" in pane.bar.said.text()
    assert not any(button.isVisible() for button in pane.bar.buttons.values())


def test_another_persons_approval_keeps_what_is_typed(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked(required=2))
    QTest.keyClicks(pane.bar.comment, "I agree")
    link.ask(asked(required=2, answers=[AnswerTrace("Mira", 1.0, "approve", None, "")]))
    assert pane.page.head.people.text() == "1 of 2 approved, by Mira"
    assert pane.bar.comment.toPlainText() == "I agree"


def test_a_reply_after_the_pane_is_gone_harms_nothing(link: FakeLink, qtbot: QtBot) -> None:
    dialog = ApprovalDialog(link, asked(), drafts=Drafts("Anna"))
    dialog.show()
    click(dialog.pane, "approve")
    dialog.close()
    qtbot.waitUntil(lambda: not _alive(dialog))
    link.reply(True)


def _alive(dialog: ApprovalDialog) -> bool:
    from designer.people.alive import alive

    return alive(dialog)


# ---- the other kinds
def test_a_doubt_can_be_answered_with_what_happened(link: FakeLink, qtbot: QtBot) -> None:
    form = doubt_form(
        "write", {"tool": "file.write", "args": {"path": "a.json"}, "idem_key": "sb-1", "started_at": 1.0}
    )
    pane = shown(link, qtbot, asked(form, type="doubt"))
    assert enabled(pane) == {"happened", "do_it", "stop"}
    edit(pane, value={"bytes": 3})
    click(pane, "happened")
    assert link.filed[0].payload["values"] == {"value": {"bytes": 3}}


def test_an_escalation_offers_another_try_a_value_and_the_end(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked(escalation_form("ask", {"message": "No answer."}, None), type="escalation"))
    assert [pane.bar.buttons[name].text() for name in ("retry", "value", "fail")] == [
        "Try again",
        "Use this value",
        "Fail the step",
    ]
    click(pane, "retry")
    assert link.filed[0].payload["option"] == "retry"


def test_a_form_is_submitted_with_its_fields(link: FakeLink, qtbot: QtBot) -> None:
    schema = {
        "type": "object",
        "properties": {"action": {"type": "string"}, "part": {"type": "string", "default": "none"}},
        "required": ["action"],
    }
    pane = shown(link, qtbot, asked(fill_form({"headline": "What is it?", "form": schema}, {}), type="form"))
    click(pane, "submit")
    assert link.filed == [] and pane.bar.said.text() == "Action: this is needed."
    extra = pane.page.proposal.extra  # type: ignore[union-attr]
    assert extra is not None
    extra.set_value({"action": "inspect", "part": "none"})
    extra.changed.emit(extra.value())
    click(pane, "submit")
    assert link.filed[0].payload["values"] == {"form": {"action": "inspect", "part": "none"}}


def test_nothing_of_a_long_value_is_cut(link: FakeLink, qtbot: QtBot) -> None:
    log = "\n".join(f"line {n}" for n in range(3000))
    pane = shown(link, qtbot, asked(gate(value={"log": log}, editable=False)))
    boxes = [one for one in pane.page.findChildren(QPlainTextEdit) if one.toPlainText() == log]
    assert len(boxes) == 1
    assert any("3,000 lines" in one.text() for one in pane.page.findChildren(QLabel))


def test_everything_is_one_click_away_as_json(link: FakeLink, qtbot: QtBot) -> None:
    pane = shown(link, qtbot, asked())
    section = pane.page.evidence.sections["json"]
    assert not section.is_open()
    section.set_open(True)
    assert any('"headline": "Order a new seal?"' in one.toPlainText() for one in section.findChildren(QPlainTextEdit))


def test_the_clock_ticks_while_it_is_seen(link: FakeLink, qtbot: QtBot) -> None:
    times = iter(range(1000, 100_000))
    pane = ApprovalPane(link, drafts=Drafts("Anna"), now=lambda: float(next(times)))
    qtbot.addWidget(pane)
    pane.show_question(asked(due=2000.0, on_deadline="refuse"))
    pane.show()
    clock = pane.page.head.clock
    before = clock.text()
    qtbot.waitUntil(lambda: clock.text() != before, timeout=3000)
    assert "then it counts as refused" in clock.then.text()
