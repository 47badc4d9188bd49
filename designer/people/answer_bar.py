"""How a question is answered: who answers, the comment, the word that confirms, and the buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from designer.people.decision import REASONED, Action
from designer.resources import tr
from designer.theme import icon, space
from designer.widgets import label, set_role

ICONS = {
    "approve": "check", "approve_with_changes": "pencil-line", "send_back": "reply", "refuse": "x", "submit": "send",
    "retry": "rotate-cw", "value": "corner-down-right", "fail": "circle-x", "happened": "check", "do_it": "play",
    "stop": "circle-stop", "start_over": "rotate-ccw",
}  # fmt: skip
WIDEST = 920
"""Pixels of a question and its answer: lines that are longer are hard to read."""
_APPROVING = ("approve_with_changes", "approve", "submit", "retry", "happened", "start_over", "value")
_LEFT = ("refuse", "send_back", "fail", "stop")


class AnswerButton(QPushButton):
    """A button that Enter does not press: only a click or the space bar is meant as an answer."""

    def __init__(self, action: Action, parent: QWidget | None = None) -> None:
        super().__init__(action.label, parent)
        self.name = action.name
        self.setAutoDefault(False)
        self.setDefault(False)
        self.setIconSize(QSize(14, 14))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if action.tone:
            self.setProperty("kind", action.tone)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)

    def show_action(self, action: Action, busy: bool) -> None:
        """What it would do, or why it would not."""
        self.setText(tr("Sending…", "people") if busy else action.label)
        tone = {"primary": "on_accent", "danger": "danger"}.get(action.tone, "text")
        self.setIcon(icon(ICONS.get(action.name, "check"), tone))
        self.setToolTip(action.blocked)
        self.setEnabled(not busy and (not action.blocked or action.place in ("name", "comment", "fault")))


class AnswerBar(QFrame):
    """`typed` on every key; `pressed` carries an option's name; nothing is sent from here."""

    typed = Signal()
    pressed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.buttons: dict[str, AnswerButton] = {}
        self.comment = QPlainTextEdit()
        self.comment.setFixedHeight(46)
        self.comment.setTabChangesFocus(True)
        self.comment.setAccessibleName(tr("Comment", "people"))
        self.comment.textChanged.connect(self.typed)
        self.name = QLineEdit()
        self.name.setFixedWidth(160)
        self.name.setMaxLength(200)
        self.name.setAccessibleName(tr("Answering as", "people"))
        self.name.textChanged.connect(self.typed)
        self.word = QLineEdit()
        self.word.setAccessibleName(tr("Confirm", "people"))
        self.word.textChanged.connect(self.typed)
        self.word_label = label("", "strong")
        self.said = label("", wrap=True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint = label("", "small", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for field in (self.name, self.word):
            field.installEventFilter(self)
        self._build()

    def set_options(self, actions: Sequence[Action]) -> None:
        """Other buttons."""
        for old in self.buttons.values():
            old.hide()
            old.deleteLater()
        self.buttons = {action.name: AnswerButton(action) for action in actions}
        while self._row.count():
            self._row.takeAt(0)
        for side in (True, False):
            for action in actions if side else sorted(actions, key=lambda one: one.name == "approve"):
                if (action.name in _LEFT) == side:
                    self._row.addWidget(self.buttons[action.name])
            if side:
                self._row.addWidget(self.hint, 1)
        for made in self.buttons.values():
            made.clicked.connect(lambda _on=False, name=made.name: self.pressed.emit(name))

    def show_actions(self, actions: Sequence[Action], busy: str = "") -> None:
        """What each button would do now; `busy` is the one that is being sent."""
        self.hint.setText(_hint(actions))
        self.comment.setPlaceholderText(_needed(actions))
        for action in actions:
            self.buttons[action.name].show_action(action, busy == action.name)
            if busy and busy != action.name:
                self.buttons[action.name].setEnabled(False)

    def focus_approve(self) -> None:
        """Put the focus on the approving button, or on the word that it needs; answers nothing."""
        for name in _APPROVING:
            found = self.buttons.get(name)
            if found is not None and found.isEnabled():
                found.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return
        if self._confirm.isVisibleTo(self):
            self.word.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_word(self, word: str) -> None:
        """The word that has to be typed first; "" for none."""
        self._confirm.setVisible(bool(word))
        self.word_label.setText(tr("This cannot be undone. Type “{word}” to confirm:", "people").format(word=word))
        self.word.setPlaceholderText(word)

    def say(self, text: str, tone: str = "") -> None:
        """One sentence above the buttons: "danger" for a fault, "warning" or "success" for what has happened."""
        self.said.setText(text)
        self._strip.setVisible(bool(text))
        set_role(self._strip, "surface", tone if tone in ("danger", "warning") else "inset" if tone else "")
        set_role(self.said, "role", tone)
        edge = space.S if tone else 0
        self._strip.setContentsMargins(edge + 4 if tone else 0, edge, edge, edge)

    def set_closed(self, closed: bool) -> None:
        """Nothing can be answered any more; what was typed stays readable."""
        self.comment.setReadOnly(closed)
        self.word.setEnabled(not closed)
        for made in self.buttons.values():
            made.setVisible(not closed)

    def set_gutter(self, width: int) -> None:
        """Leave the width of the scroll bar above free, so that both parts keep one edge."""
        self._whole.setContentsMargins(0, 0, width, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        enter = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in enter

    def _build(self) -> None:
        self._confirm = QFrame()
        self._confirm.setProperty("surface", "danger")
        row = QHBoxLayout(self._confirm)
        row.setContentsMargins(space.M, space.S, space.S, space.S)
        row.setSpacing(space.M)
        row.addWidget(self.word_label)
        row.addWidget(self.word, 1)
        self._confirm.hide()
        fields = QHBoxLayout()
        fields.setSpacing(space.M)
        fields.addLayout(_titled(tr("Comment", "people"), self.comment), 1)
        fields.addLayout(_titled(tr("Answering as", "people"), self.name))
        self._row = QHBoxLayout()
        self._row.setSpacing(space.S)
        inner = QWidget()
        inner.setMaximumWidth(WIDEST)
        self._whole = QHBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.addWidget(inner)
        column = QVBoxLayout(inner)
        column.setContentsMargins(space.XL, space.M, space.XL, space.L)
        column.setSpacing(space.M)
        column.addLayout(fields)
        column.addWidget(self._confirm)
        self._strip = QFrame()
        strip = QHBoxLayout(self._strip)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.addWidget(self.said)
        column.addWidget(self._strip)
        column.addLayout(self._row)
        self.say("")


def _hint(actions: Sequence[Action]) -> str:
    """Why the button that most people look for cannot be pressed."""
    for name in ("approve", "approve_with_changes", "submit", "do_it"):
        found = next((action for action in actions if action.name == name), None)
        if found is not None:
            return found.blocked if found.place not in ("word", "comment") else ""
    return ""


def _needed(actions: Sequence[Action]) -> str:
    names = {action.name for action in actions} & set(REASONED)
    if len(names) == 2:
        return tr("Kept with the answer; needed to send back or refuse", "people")
    if names == {"refuse"}:
        return tr("Kept with the answer; needed to refuse", "people")
    return tr("Kept with the answer; needed to send back", "people") if names else ""


def _titled(title: str, field: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(space.XS)
    column.addWidget(label(title, "small"))
    column.addWidget(field)
    column.addStretch(1)
    return column
