"""One question, whole: what it is about, what an answer would do, and the answer itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from designer.engine_link import EngineLink, OpenQuestion
from designer.people.alive import alive, blobs_through
from designer.people.decision import Action, Standing, actions, needs_word
from designer.people.dossier import Dossier, read_dossier, read_question
from designer.people.drafts import Drafts
from designer.people.page import Page
from designer.people.sending import Sending
from designer.people.words import answered_sentence, outcome_sentence
from designer.resources import tr
from designer.widgets import EmptyState
from engine.errors import Refused
from engine.observe.records import QuestionTrace


class ApprovalPane(QWidget):
    """Shows a question and sends the answer; nothing is ever answered by Enter.

    `answered` carries (question id, option) once the engine has taken the answer; `run_requested` carries
    (run id, node key) when the person wants to see the run behind the question.
    """

    answered = Signal(object)
    run_requested = Signal(object)

    def __init__(
        self,
        link: EngineLink,
        parent: QWidget | None = None,
        *,
        drafts: Drafts | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(parent)
        self._link, self._now = link, now
        self.drafts = Drafts() if drafts is None else drafts
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._asked: OpenQuestion | None = None
        self._dossier: Dossier | None = None
        self._busy = ""
        self._closed = False
        self._setting = False
        self.page = Page(blobs_through(link), now=now)
        self.bar = self.page.bar
        self._sending = Sending(link, self.drafts, self)
        self._sending.taken.connect(self._taken)
        self._sending.refused.connect(self._not_taken)
        self._sending.slow.connect(self._waits)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState("inbox", tr("Nothing is selected", "people"), ""))
        self._stack.addWidget(self.page)
        self.page.head.run_requested.connect(self._ask_for_run)
        self.page.typed.connect(self._typed)
        self.bar.pressed.connect(self.press)
        link.questions_changed.connect(self._questions_changed)

    # ---- what is shown
    def question(self) -> str:
        """The id of the question that is shown; "" for none."""
        return self._asked.id if self._asked else ""

    def show_question(self, asked: OpenQuestion | None) -> None:
        """Show this question, with what was typed into it before; None shows that nothing is selected."""
        self.flush()
        self._asked, self._dossier, self._busy, self._closed = asked, None, "", False
        self._stack.setCurrentIndex(0 if asked is None else 1)
        if asked is not None:
            self._fill(asked)
            self._link.call(lambda store: read_dossier(store, asked.question), self._got_dossier, self._no_dossier)

    def flush(self) -> None:
        """Keep everything that was typed, also what a field still holds back."""
        if self._asked is not None and not self._closed:
            self.page.flush()
            self._keep()

    def focus_approve(self) -> None:
        """Put the focus on the approving button, or on the word that it needs; answers nothing."""
        self.bar.focus_approve()

    def focus_refuse(self) -> None:
        """Put the focus on the reason that refusing needs."""
        self.bar.comment.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_edit(self) -> None:
        """Put the focus on the first field that may be changed."""
        if self.page.proposal is not None:
            self.page.proposal.focus_first()

    # ---- answering
    def press(self, option: str) -> None:
        """Answer with an option, or go to the place where something still stands in its way."""
        asked = self._asked
        if asked is None or self._busy or self._closed:
            return
        self.flush()
        action = next((one for one in self._actions() if one.name == option), None)
        if action is None:
            return
        if action.blocked:
            self.page.go_to(action)
            return
        self._busy = option
        self.page.set_read_only(True)
        self.bar.say("")
        self._refresh()
        self._sending.send(asked, option, self.page.draft())

    def _taken(self, question: str, option: str) -> None:
        if self.question() == question:
            self._close(answered_sentence(option), "success")
        self.answered.emit((question, option))

    def _not_taken(self, question: str, sentence: str) -> None:
        asked = self._asked
        if asked is not None and asked.id == question:
            self._busy = ""
            self.page.set_read_only(False)
            self.bar.say(sentence, "danger")
            self._refresh()
            self._look_again(asked)

    def _waits(self, question: str) -> None:
        if self._busy and self.question() == question:
            self.bar.say(tr("Your answer is stored; it waits for the engine.", "people"))

    # ---- what others do meanwhile
    def _questions_changed(self, listed: object) -> None:
        questions: list[OpenQuestion] = list(listed) if isinstance(listed, list | tuple) else []
        asked = self._asked
        if asked is None:
            return
        found = next((one for one in questions if one.id == asked.id), None)
        if found is None and not self._closed:
            self._look_again(asked)
        elif found is not None and found != asked:
            self._update(found)

    def _look_again(self, asked: OpenQuestion) -> None:
        self._link.call(
            lambda store: read_question(store, asked.question), lambda found: self._seen(asked, found), lambda _: None
        )

    def _seen(self, asked: OpenQuestion, seen: tuple[QuestionTrace | None, bool]) -> None:
        found, run_ended = seen
        if not alive(self) or self.question() != asked.id or self._closed or found is None:
            return
        if found.outcome is not None or run_ended:
            self.flush()
            self._asked = replace(asked, question=found)
            self._close(outcome_sentence(found, self._now()), "warning")
        elif found != asked.question:
            self._update(replace(asked, question=found))

    def _update(self, asked: OpenQuestion) -> None:
        before, self._asked = self._asked, asked
        if before is not None and before.question.form != asked.question.form:
            self.flush()
            self._fill(asked)
            self.bar.say(tr("The question has changed; this is how it stands now.", "people"), "warning")
        self.page.head.show_question(asked, self._dossier)
        self._refresh()

    def _close(self, sentence: str, role: str) -> None:
        self._closed, self._busy = True, ""
        self.bar.set_closed(True)
        if self._asked is not None:
            self.page.head.show_question(self._asked, self._dossier)
        self.page.set_read_only(True)
        self.bar.say(sentence, role)

    # ---- filling
    def _fill(self, asked: OpenQuestion) -> None:
        self._setting = True
        self.page.show_question(asked, self.drafts.get(asked.id), self.drafts.name, self._dossier)
        self.bar.set_options(self._actions())
        self.bar.set_word(self._standing().word)
        self._setting = False
        self._refresh()

    def _got_dossier(self, dossier: Dossier) -> None:
        if alive(self) and self._asked is not None and dossier.question == self._asked.id:
            self._dossier = dossier
            self.page.show_dossier(self._asked, dossier)

    def _no_dossier(self, refused: Refused) -> None:
        """The form stands without it; what is missing is said."""
        if alive(self) and self._asked is not None and not self._closed:
            self.bar.say(tr("The run cannot be read: {reason}", "people").format(reason=str(refused)), "warning")

    # ---- what was typed
    def _typed(self) -> None:
        if self._setting or self._asked is None or self._closed:
            return
        self.drafts.name = self.bar.name.text()
        self.bar.say("")
        self._keep()
        self._refresh()

    def _keep(self) -> None:
        if self._asked is not None and not self._busy and not self._closed:
            self.drafts.keep(self._asked.id, self.page.draft())

    def _standing(self) -> Standing:
        assert self._asked is not None
        question = self._asked.question
        word = (self._asked.node_title or question.node) if needs_word(question.form) else ""
        return Standing(self.drafts.name, tuple(answer.by for answer in question.answers), word)

    def _actions(self) -> list[Action]:
        assert self._asked is not None
        form = self._asked.question.form
        draft = self.page.draft()
        return actions(form, draft, self._standing())

    def _refresh(self) -> None:
        if self._asked is not None and not self._closed:
            self.bar.show_actions(self._actions(), self._busy)

    def _ask_for_run(self) -> None:
        if self._asked is not None:
            self.run_requested.emit((self._asked.run, self._asked.question.node))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 2, Qt.Key.Key_Up: -2, Qt.Key.Key_PageDown: 18, Qt.Key.Key_PageUp: -18}
        if event.key() in steps:
            self.page.scroll_by(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.flush()
        super().hideEvent(event)
