"""The window's frame: bars, rail, menus and the start page. It stands, and can be used, before the rest is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from designer import settings as designer_settings
from designer import theme
from designer.actions.commands import Commands
from designer.main_window.footer import Footer
from designer.main_window.header import Header
from designer.main_window.menus import fill_menu_bar
from designer.main_window.rail import Rail
from designer.resources import tr
from designer.settings import DesignerSettings
from designer.welcome import WelcomePage
from designer.widgets import Toaster
from engine.errors import Refused, SignalboxError


class Shell(QMainWindow):
    """`when_ready(act)` does something now, or as soon as the window is furnished."""

    def __init__(self, data_dir: Path, settings: DesignerSettings) -> None:
        super().__init__()
        self.data_dir, self.settings = data_dir, settings
        self.furnished = False
        self._waiting: list[Callable[[], None]] = []
        self.setObjectName("main")
        self.setMinimumSize(960, 600)
        self.resize(1366, 768)
        self.setAcceptDrops(True)
        self.commands = Commands(self)
        self.welcome = WelcomePage()
        self.header, self.footer, self.rail = Header(self.commands), Footer(), Rail()
        self.pages = QStackedWidget()
        self.page_of: dict[str, QWidget] = {"start": self.welcome}
        self.pages.addWidget(self.welcome)
        self._lay_out()
        self.toaster = Toaster(self)
        fill_menu_bar(self.menuBar(), self.commands)
        bind = self.commands.bind
        bind("view.theme", lambda: self._set_theme("light" if theme.scheme() == "dark" else "dark"))
        bind("view.system_theme", lambda: self._set_theme("system"))
        bind("view.language", self._other_language)
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(0)
        self._refresh.timeout.connect(self.commands.refresh)
        self.rail.chosen.connect(lambda page: self.when_ready(lambda: self.go(page)))
        if settings.geometry:
            self.restoreGeometry(designer_settings.unpacked(settings.geometry))
        self.rail.show_page("start")
        self.header.set_page("start")

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.header)
        right.addWidget(self.pages, 1)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addLayout(right, 1)
        centre = QWidget()
        whole = QVBoxLayout(centre)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(body, 1)
        whole.addWidget(self.footer)
        self.setCentralWidget(centre)

    def when_ready(self, act: Callable[[], None]) -> None:
        """Do it now, or remember it until the window is furnished."""
        if self.furnished:
            act()
        else:
            self._waiting.append(act)

    def ready(self) -> None:
        """Everything is there: do what was asked for meanwhile."""
        self.furnished = True
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act()

    def go(self, page: str) -> None:
        """Show a page."""
        self.pages.setCurrentWidget(self.page_of[page])

    def say(self, text: str, tone: str = "accent") -> None:
        """A short message at the edge of the window."""
        self.toaster.show(text, tone)

    def refuse(self, error: SignalboxError) -> None:
        """What cannot be done, in the sentence that says why and what to do."""
        self.toaster.show(str(error), "danger")

    # ---- settings
    def _set_theme(self, choice: theme.Choice) -> None:
        self.settings = replace(self.settings, theme=choice)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, choice)
        self.write_settings()

    def _keep_person(self, name: str) -> None:
        self.settings = replace(self.settings, person=name)
        self.write_settings()

    def _other_language(self) -> None:
        language = "en" if self.settings.language == "de" else "de"
        self.settings = replace(self.settings, language=language)
        self.write_settings()
        self.say(tr("The language changes at the next start."), "accent")

    def write_settings(self, settings: DesignerSettings | None = None) -> None:
        """Keep the settings on disk, where that can be."""
        try:
            designer_settings.save(settings or self.settings, self.data_dir)
        except Refused:
            pass  # they hold no work, and a full disk is told of where it matters
