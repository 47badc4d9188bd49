"""What the tabs of this page are put together from: a pane that scrolls, facts in two columns, a card of trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from designer.resources import tr
from designer.theme import pixmap, space, tokens, watcher
from designer.widgets import ElidedLabel, EmptyState, IconButton, button, label, visible

WIDEST = 860


class Icon(QLabel):
    """An icon beside words; it follows the theme."""

    def __init__(self, name: str, tone: str = "muted", size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._tone, self._size = name, tone, size
        self.setFixedSize(size, size)
        watcher().changed.connect(self._paint)
        self._paint()

    def set(self, name: str, tone: str) -> None:
        """Another icon."""
        self._name, self._tone = name, tone
        self._paint()

    def _paint(self) -> None:
        self.setPixmap(pixmap(self._name, tokens().tone(self._tone), self._size, self.devicePixelRatioF()))


class Detail(QScrollArea):
    """What belongs to the thing that is selected; it keeps its place while only the facts change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._key = ""

    def show_parts(self, key: str, parts: Sequence[QWidget]) -> None:
        """Show these below each other; `key` says what they are about."""
        place = self.verticalScrollBar().value() if key == self._key else 0
        self._key = key
        inner = QWidget()
        inner.setMaximumWidth(WIDEST)
        column = stacked(*parts, gap=space.L)
        column.setContentsMargins(space.XL, space.L, space.XL, space.XL)
        column.addStretch(1)
        inner.setLayout(column)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inner, 1000)
        row.addStretch(1)
        self.setWidget(holder)
        self.verticalScrollBar().setValue(place)


class States(QStackedWidget):
    """A tab's content, or why there is none yet: still reading, or what went wrong with a way to try again."""

    def __init__(self, content: QWidget, again: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loading = EmptyState("loader", tr("Looking at this PC …", "site"))
        self.trouble = EmptyState("triangle-alert", tr("This cannot be read now", "site"), "", tr("Try again", "site"))
        self.trouble.triggered.connect(again)
        self.content = content
        for page in (self.loading, self.trouble, content):
            self.addWidget(page)

    def tell(self, known: bool, fault: str) -> None:
        """Old facts are better than none: trouble takes the place only where nothing is known."""
        if known:
            self.setCurrentWidget(self.content)
        elif fault:
            self.trouble.say(tr("This cannot be read now", "site"), visible(fault))
            self.setCurrentWidget(self.trouble)
        else:
            self.setCurrentWidget(self.loading)


def stacked(*parts: QWidget, gap: int = space.S) -> QVBoxLayout:
    """Parts below each other."""
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(gap)
    for part in parts:
        column.addWidget(part)
    return column


def beside(*parts: QWidget, gap: int = space.S, stretch: bool = True) -> QHBoxLayout:
    """Parts beside each other, with the rest of the room at the right."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(gap)
    for part in parts:
        row.addWidget(part)
    if stretch:
        row.addStretch(1)
    return row


def boxed(layout: QVBoxLayout | QHBoxLayout | QGridLayout) -> QWidget:
    """A layout as a widget."""
    made = QWidget()
    made.setLayout(layout)
    return made


def titled(title: str, *parts: QWidget, note: str = "") -> QWidget:
    """A heading, perhaps with a sentence, and what belongs under it."""
    head = [label(title, "strong")]
    if note:
        head.append(label(note, "small", wrap=True))
    return boxed(stacked(*head, *parts))


def facts(pairs: Sequence[tuple[str, str, bool]]) -> QWidget:
    """(name, value, whether it can be copied) in two columns; empty values are left out."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(space.L)
    grid.setVerticalSpacing(0)
    grid.setColumnMinimumWidth(0, 104)
    grid.setColumnStretch(1, 1)
    for row, (name, value, copied) in enumerate(pair for pair in pairs if pair[1]):
        title = label(name, "muted")
        title.setContentsMargins(0, 4, 0, 4)
        grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
        if not copied:
            text = label(visible(value), wrap=True)
            text.setContentsMargins(0, 4, 0, 4)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(text, row, 1)
            continue
        shown = ElidedLabel(visible(value), mode=Qt.TextElideMode.ElideMiddle, role="mono")
        copy = IconButton("copy", tr("Copy {name}", "site").format(name=name))
        copy.setFixedSize(24, 24)
        copy.clicked.connect(lambda _=False, text=value: QGuiApplication.clipboard().setText(text))
        line = beside(shown, copy, gap=space.XS, stretch=False)
        line.setStretch(0, 1)
        grid.addLayout(line, row, 1)
    return boxed(grid)


def trouble(text: str, tone: str = "danger", *actions: QPushButton) -> QFrame:
    """A card that says what is wrong, with what mends it."""
    made = QFrame()
    made.setProperty("surface", tone)
    row = QHBoxLayout(made)
    row.setContentsMargins(space.M, space.S, space.M, space.S)
    row.setSpacing(space.M)
    sign = Icon("circle-alert" if tone == "danger" else "triangle-alert", tone)
    row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
    words = label(visible(text), wrap=True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    parts: list[QWidget] = [words, *([boxed(beside(*actions))] if actions else [])]
    row.addWidget(boxed(stacked(*parts)), 1)
    return made


def act(text: str, call: Callable[[], None], kind: str = "", icon: str = "") -> QPushButton:
    """A button that does something."""
    made = button(text, kind, icon)
    made.clicked.connect(lambda _=False: call())
    return made
