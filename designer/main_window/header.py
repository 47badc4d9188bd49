"""The bar at the top: what is open, how it is kept, and the two things done most: run and stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from designer.actions.commands import Commands
from designer.resources import tr
from designer.theme import space, tokens, watcher
from designer.widgets import ElidedLabel, IconButton, button, label

if TYPE_CHECKING:
    from designer.document.autosave import SaveState
    from engine.workflow.model import Workflow

HEIGHT = 52


class Header(QWidget):
    """Everything in it triggers a command; `title_clicked` opens the workflow's own settings."""

    title_clicked = Signal()

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(space.L, 0, space.L, 0)
        row.setSpacing(space.S)
        self.title = ElidedLabel("")
        self.title.setProperty("role", "title")
        self.title.setCursor(Qt.CursorShape.PointingHandCursor)
        self.kept = label("", "small")
        self.kept.setProperty("role", "muted")
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addStretch(1)
        names.addWidget(self.title)
        names.addWidget(self.kept)
        names.addStretch(1)
        row.addLayout(names, 1)
        self.find_button = button(tr("Find anything"), "quiet", "search")
        self.find_button.setToolTip(commands.action("help.palette").toolTip())
        self.find_button.clicked.connect(lambda: commands.trigger("help.palette"))
        row.addWidget(self.find_button)
        self.tools = QWidget()
        tools = QHBoxLayout(self.tools)
        tools.setContentsMargins(space.M, 0, space.M, 0)
        tools.setSpacing(space.S)
        for name, sign in (("edit.undo", "undo-2"), ("edit.redo", "redo-2"), ("arrange.tidy", "layout-grid")):
            tools.addWidget(self._small(name, sign))
        row.addWidget(self.tools)
        self.stop = button(tr("Stop"), "danger", "square")
        self.stop.clicked.connect(lambda: commands.trigger("run.stop"))
        self.stop.setToolTip(commands.action("run.stop").toolTip())
        self.run = button(tr("Run"), "primary", "play")
        self.run.setToolTip(commands.action("run.run").toolTip())
        self.run.clicked.connect(lambda: commands.trigger("run.run"))
        for one in (self.stop, self.run):
            one.setMinimumWidth(84)
            row.addWidget(one)
        self.stop.hide()
        watcher().changed.connect(self.update)

    def _small(self, name: str, sign: str) -> IconButton:
        action = self._commands.action(name)
        one = IconButton(sign, action.text())
        one.setToolTip(action.toolTip())
        one.clicked.connect(lambda: self._commands.trigger(name))
        action.changed.connect(lambda: one.setEnabled(action.isEnabled()))
        return one

    def show_workflow(self, workflow: Workflow, changed: bool) -> None:
        """Title, name, and whether there is a version of what is drawn."""
        self._title = workflow.title or workflow.name
        self.title.setText(self._page or self._title)
        self.title.set_tip(workflow.description or workflow.name)
        self._version = tr("not saved as a version") if changed else tr("saved as a version")
        self._name = workflow.name
        self._say()

    _state = ("saved", "")
    _version = ""
    _title = ""
    _page = ""
    _name = ""

    def show_state(self, state: SaveState) -> None:
        """How the draft on disk stands."""
        self._state = (state.name, state.sentence)
        self._say()

    def _say(self) -> None:
        name, sentence = self._state
        words = {"saved": tr("draft kept"), "saving": tr("keeping the draft …"), "failed": tr("draft NOT kept")}
        text = f"{self._name}  ·  {words[name]}, {self._version}" if self._name else ""
        self.kept.setText(text)
        self.kept.setToolTip(sentence)

    def show_running(self, running: bool) -> None:
        """Stop is offered while something runs."""
        self.stop.setVisible(running)

    def set_page(self, page: str) -> None:
        """Away from the drawing the bar names the page, and only what is meant there is shown."""
        drawing = page == "drawing"
        self.tools.setVisible(drawing)
        self.run.setVisible(drawing)
        self.kept.setVisible(drawing)
        names = {"start": tr("Start"), "runs": tr("Runs"), "inbox": tr("Inbox"), "site": tr("This PC")}
        self._page = names.get(page, "")
        self.title.setText(self._page or self._title)
        if not drawing:
            self.stop.hide()

    def mousePressEvent(self, event: object) -> None:
        """A click on the title opens the workflow's settings."""
        if self.title.underMouse() and not self._page:
            self.title_clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground and the hairline below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().panel)
        painter.fillRect(0, self.height() - 1, self.width(), 1, tokens().line)
