"""How a person hears that something waits: a badge on the tray icon, a desktop message, the window's title."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from designer.engine_link import EngineLink, OpenQuestion
from designer.people.badge import badge_icon
from designer.people.clock_words import clock_words
from designer.people.words import risk_word
from designer.resources import tr
from designer.theme import watcher
from designer.widgets import visible
from engine.run.events import RunFailed, RunStarted

PAUSE_MS = 1500
"""Questions that come together are told of together."""
MOST, WINDOW_S = 4, 60.0
"""Messages within a minute; what is more waits in the badge."""


class Notifier(QObject):
    """`open_requested` carries a question id, `inbox_requested` nothing, `run_requested` (run id, "").

    `title_badge_changed` carries the text to put before a window's title. Everything works without a tray.
    `told` carries (title, text) of every message, for a program that shows them itself too.
    """

    open_requested = Signal(str)
    inbox_requested = Signal()
    run_requested = Signal(object)
    title_badge_changed = Signal(str)
    told = Signal(object)

    def __init__(
        self,
        link: EngineLink,
        parent: QObject | None = None,
        *,
        enabled: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(parent)
        self._now = now
        self.enabled = enabled
        self._shown = ""
        self._known: set[str] = {one.id for one in link.questions}
        self._new: list[OpenQuestion] = []
        self._children: set[str] = set()
        self._count = -1
        self._clicked: Callable[[], None] = self.inbox_requested.emit
        self._told: deque[float] = deque()
        self._begun = now()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._tell_new)
        self._tray: QSystemTrayIcon | None = None
        self._menu: QMenu | None = None
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._put_in_tray()
        self._badge(len(link.questions))
        link.questions_changed.connect(self._questions_changed)
        link.events.connect(self._happened)
        watcher().changed.connect(self._repaint)

    def set_shown(self, question: str) -> None:
        """The question that is on the screen: nobody has to be told of it."""
        self._shown = question

    def title(self, base: str) -> str:
        """A window's title with the badge before it."""
        return f"({self._count}) {base}" if self._count > 0 else base

    def flush(self) -> None:
        """Tell of what is new now, without waiting for more."""
        self._timer.stop()
        self._tell_new()

    def click(self) -> None:
        """What a click on the newest message does."""
        self._clicked()

    def close(self) -> None:
        """Take the tray icon away and stop the timer."""
        self._timer.stop()
        self._new = []
        if self._tray is not None:
            self._tray.hide()
            self._tray.deleteLater()
            self._tray = None
        if self._menu is not None:
            self._menu.deleteLater()
            self._menu = None

    # ---- what happens
    def _questions_changed(self, listed: object) -> None:
        questions: list[OpenQuestion] = list(listed) if isinstance(listed, list | tuple) else []
        ids = {one.id for one in questions}
        self._new = [one for one in self._new if one.id in ids]
        self._new += [one for one in questions if one.id not in self._known]
        self._known = ids
        self._badge(len(questions))
        if self._new and not self._timer.isActive():
            self._timer.start()

    def _tell_new(self) -> None:
        new, self._new = [one for one in self._new if one.id != self._shown], []
        if not new:
            return
        first = new[0]
        if len(new) == 1:
            words = clock_words(first.question, self._now())
            parts = (visible(first.title or first.run_name), risk_word(first.risk), words.left if words else "")
            text = "  ·  ".join(part for part in parts if part)
            self._tell(visible(first.headline), text, lambda: self.open_requested.emit(first.id))
        else:
            title = tr("{n} questions wait for you", "people").format(n=len(new))
            self._tell(title, "\n".join(visible(one.headline) for one in new[:3]), self.inbox_requested.emit)

    def _happened(self, events: object) -> None:
        for event in events if isinstance(events, list | tuple) else ():
            if isinstance(event, RunStarted) and event.parent is not None:
                self._children.add(event.run)
            elif isinstance(event, RunFailed) and event.at >= self._begun and event.run not in self._children:
                self._tell_failed(event)

    def _tell_failed(self, event: RunFailed) -> None:
        run = event.run
        self._tell(
            tr("A run failed", "people"), visible(event.error.message), lambda: self.run_requested.emit((run, ""))
        )

    def _tell(self, title: str, text: str, clicked: Callable[[], None]) -> None:
        at = self._now()
        while self._told and at - self._told[0] > WINDOW_S:
            self._told.popleft()
        if not self.enabled or len(self._told) >= MOST:
            return
        self._told.append(at)
        self._clicked = clicked
        self.told.emit((title, text))
        if self._tray is not None:
            self._tray.showMessage(title, text, badge_icon(0), 10_000)

    # ---- the tray
    def _badge(self, count: int) -> None:
        if count == self._count:
            return
        self._count = count
        self._repaint()
        self.title_badge_changed.emit(f"({count}) " if count > 0 else "")

    def _repaint(self) -> None:
        if self._tray is not None:
            self._tray.setIcon(badge_icon(self._count))
            waits = tr("{n} questions wait", "people").format(n=self._count)
            self._tray.setToolTip(f"Signalbox: {waits}" if self._count > 0 else "Signalbox")

    def _put_in_tray(self) -> None:
        self._tray = QSystemTrayIcon(self)
        self._menu = QMenu()
        self._menu.addAction(tr("Open the inbox", "people"), self.inbox_requested.emit)
        self._tray.setContextMenu(self._menu)
        self._tray.activated.connect(self._activated)
        self._tray.messageClicked.connect(self.click)
        self._tray.setIcon(badge_icon(0))
        self._tray.show()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.inbox_requested.emit()
