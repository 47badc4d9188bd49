"""How a question is laid out: head, text, proposal and evidence scroll; the answer stays in sight below."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from designer.engine_link import OpenQuestion
from designer.people.answer_bar import WIDEST, AnswerBar
from designer.people.decision import Action
from designer.people.dossier import Dossier
from designer.people.drafts import Draft
from designer.people.evidence import Evidence, ModelWords
from designer.people.head import Head
from designer.people.proposal import Proposal
from designer.people.safe_text import SafeText
from designer.theme import space
from designer.widgets import LoadBlob, hline


class Page(QWidget):
    """`typed` when anything was edited; what it holds is the pane's to read."""

    typed = Signal()

    def __init__(
        self, load_blob: LoadBlob, parent: QWidget | None = None, now: Callable[[], float] = time.time
    ) -> None:
        super().__init__(parent)
        self._load_blob = load_blob
        self.head, self.body, self.bar = Head(now=now), SafeText(), AnswerBar()
        self.words, self.evidence = ModelWords(), Evidence(load_blob)
        self.proposal: Proposal | None = None
        inner = QWidget()
        inner.setMaximumWidth(WIDEST)
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(space.XL, space.L, space.XL, space.XL)
        self._column.setSpacing(space.L)
        for part in (self.head, hline(), self.body, self.words, self.evidence):
            self._column.addWidget(part)
        self._column.addStretch(1)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inner)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(holder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scroll, 1)
        column.addWidget(hline())
        column.addWidget(self.bar)
        self.bar.typed.connect(self.typed)
        bar = self._scroll.verticalScrollBar()
        bar.rangeChanged.connect(lambda _low, high: self.bar.set_gutter(bar.sizeHint().width() if high > 0 else 0))

    def go_to(self, action: Action) -> None:
        """Say why an answer is not sent, and go to the place where that is mended."""
        self.bar.say(action.blocked, "danger")
        if action.place == "comment":
            self.bar.comment.setFocus(Qt.FocusReason.OtherFocusReason)
        elif action.place == "name":
            self.bar.name.setFocus(Qt.FocusReason.OtherFocusReason)
        elif action.place == "fault" and self.proposal is not None:
            self.proposal.show_faults()

    def scroll_by(self, steps: int) -> None:
        """Move the text by so many lines."""
        bar = self._scroll.verticalScrollBar()
        bar.setValue(bar.value() + steps * 20)

    def show_question(self, asked: OpenQuestion, draft: Draft, name: str, dossier: Dossier | None) -> None:
        """Show a question with what was typed into it before."""
        form = asked.question.form
        self.head.show_question(asked, dossier)
        self.body.setVisible(bool(form.get("body")))
        self.body.set_text(str(form.get("body") or ""))
        if self.proposal is not None:
            self._column.removeWidget(self.proposal)
            self.proposal.hide()
            self.proposal.deleteLater()
        self.proposal = Proposal(asked, draft, self._load_blob)
        self.proposal.changed.connect(self.typed)
        self._column.insertWidget(self._column.indexOf(self.words) + 1, self.proposal)
        self.proposal.setVisible(not self.proposal.is_empty())  # only now: without a parent it would be a window
        self.show_dossier(asked, dossier)
        self.bar.set_closed(False)
        self.bar.comment.setPlainText(draft.comment)
        self.bar.word.setText(draft.word)
        self.bar.name.setText(name)
        self.bar.say("")
        self._scroll.verticalScrollBar().setValue(0)

    def show_dossier(self, asked: OpenQuestion, dossier: Dossier | None) -> None:
        """What the store says, once it has said it."""
        self.head.show_question(asked, dossier)
        self.words.set_words(dossier.words if dossier else "")
        self.evidence.show_question(asked, dossier)

    def draft(self) -> Draft:
        """What is typed now."""
        value = self.proposal.value if self.proposal is not None else Draft().value
        fields = self.proposal.fields if self.proposal is not None else Draft().fields
        return Draft(value, fields, self.bar.comment.toPlainText(), self.bar.word.text())

    def flush(self) -> None:
        """Take in what a field still holds back."""
        if self.proposal is not None:
            self.proposal.flush()

    def set_read_only(self, read_only: bool) -> None:
        """Whether anything can be typed."""
        self.bar.comment.setReadOnly(read_only)
        self.bar.word.setReadOnly(read_only)
        if self.proposal is not None:
            self.proposal.set_read_only(read_only)
