"""What a decision can be checked against: what came before, and what the model was told and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from designer.engine_link import OpenQuestion
from designer.people.dossier import Dossier, Message
from designer.people.facts import Facts, line, long_text
from designer.people.proposal import EVIDENCE_FIRST
from designer.people.words import pretty
from designer.resources import tr
from designer.theme import space
from designer.widgets import LoadBlob, Section, label, visible


class Evidence(QWidget):
    """Sections that are built when they are opened first: big values cost nothing before."""

    def __init__(self, load_blob: LoadBlob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._load_blob = load_blob
        self.sections: dict[str, Section] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space.XS)

    def show_question(self, asked: OpenQuestion, dossier: Dossier | None) -> None:
        """Show what the form says, and what the store adds once it has answered."""
        opened = {name for name, section in self.sections.items() if section.is_open()}
        self._clear()
        form = asked.question.form
        if form.get("evidence") and asked.question.type not in EVIDENCE_FIRST:
            self._add(
                "evidence", tr("Evidence", "people"), lambda: self._facts(form["evidence"]), "", "evidence" in opened
            )
        if dossier is not None:
            self._from_store(dossier, opened)
        raw = tr("Everything as JSON", "people")
        whole = {"question": asked.id, "run": asked.run, "step": asked.step, "asked": asked.question.asked, **form}
        self._add("json", raw, lambda: long_text(pretty(whole), 320), "", "json" in opened)

    def _from_store(self, dossier: Dossier, opened: set[str]) -> None:
        said, more = dossier.messages, dossier.more_messages
        if said:
            count = tr("{n} of {all}", "people").format(n=len(said), all=len(said) + more) if more else str(len(said))
            title = tr("What the model was told and said", "people")
            self._add("messages", title, lambda: _messages(said), count, "messages" in opened)
        if dossier.before:
            title, before = tr("What the steps before gave", "people"), dossier.before
            self._add("before", title, lambda: self._facts(dict(before)), str(len(before)), "before" in opened)
        if dossier.run_inputs:
            title, given = tr("Inputs of the run", "people"), dossier.run_inputs
            self._add("inputs", title, lambda: self._facts(dict(given)), str(len(given)), "inputs" in opened)

    def _facts(self, value: Any) -> QWidget:
        facts = Facts(load_blob=self._load_blob)
        facts.set_value(value)
        return facts

    def _add(self, name: str, title: str, make: Callable[[], QWidget], note: str, open_now: bool) -> None:
        section = Section(title, open=False)
        section.set_note(note)
        built: list[QWidget] = []

        def build(open: bool) -> None:
            if open and not built:
                built.append(make())
                section.add(built[0])

        section.toggled.connect(build)
        section.set_open(open_now)
        self.sections[name] = section
        self._column.addWidget(section)

    def _clear(self) -> None:
        self.sections = {}
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()


class ModelWords(QFrame):
    """What the model said last, marked as nobody's knowledge."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "inset")
        column = QVBoxLayout(self)
        column.setContentsMargins(space.M, space.S, space.M, space.S)
        column.setSpacing(space.XS)
        column.addWidget(label(tr("The model's own words, not verified", "people"), "tiny"))
        self._words = line("")
        column.addWidget(self._words)

    def set_words(self, words: str) -> None:
        """Show them, or nothing."""
        self._words.setText(visible(words))
        self.setVisible(bool(words.strip()))


def _messages(said: tuple[Message, ...]) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(space.M)
    roles = {
        "system": tr("Instructions", "people"),
        "user": tr("Told", "people"),
        "assistant": tr("The model's own words, not verified", "people"),
        "tool": tr("A tool answered", "people"),
    }
    for message in said:
        column.addWidget(label(roles.get(message.role, message.role), "tiny"))
        text = visible(message.text)
        column.addWidget(long_text(text, 120) if len(text) > 600 else line(text))
    return box
