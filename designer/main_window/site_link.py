"""What connects the page of this PC with the rest of the window: its commands, its badge, the Offline chip."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from designer.main_window.footer import Footer
from designer.main_window.parts import Parts
from designer.main_window.problems_panel import MENDED
from designer.main_window.rail import Rail
from designer.site.page import SitePage
from engine import settings as engine_settings
from engine.checks.problem import Problem
from engine.observe.health import blocked_servers
from engine.observe.site import site_of
from engine.store import Store

EVERY_MS = 30_000
PLACES = {"missing-role": "models", "missing-secret": "keys"}
"""Which part of the page mends which problem; servers and tools for all the others."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What is known of this PC without asking anything: servers that are blocked, roles without a model, the switch."""

    blocked: int
    broken: int
    offline: bool


def place_of(problem: Problem) -> tuple[str, str] | None:
    """The part of the page that mends a problem, and the name of what is missing; None when it is not mended there."""
    if problem.code not in MENDED:
        return None
    tab = PLACES.get(problem.code, "tools")
    named = re.findall(r"['“`]([A-Za-z0-9_./-]+)['”`]", problem.sentence)
    return tab, named[-1] if named else ""  # the first one is the node


class SiteLink(QObject):
    """Reads now and then whether anything of this PC needs somebody; the page itself tells more while it is seen."""

    def __init__(self, parts: Parts, page: SitePage, rail: Rail, footer: Footer, parent: QObject) -> None:
        super().__init__(parent)
        self._parts, self._page, self._rail, self._footer = parts, page, rail, footer
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        commands = parts.commands
        commands.bind("site.models", lambda: self.show("models"))
        commands.bind("site.tools", lambda: self.show("tools"))
        commands.bind("site.network", lambda: self.show("network"))
        commands.bind("site.keys", lambda: self.show("keys"))
        commands.bind("site.open", lambda: parts.go("site"))
        footer.network_clicked.connect(lambda: self.show("network"))
        page.badge_changed.connect(lambda count: rail.set_badge("site", count))
        page.offline_changed.connect(footer.show_offline)
        page.said.connect(parts.say)
        page.refused.connect(parts.refuse)
        page.open_workflow.connect(parts.desk.open_library)
        parts.drawing.problems.mend_requested.connect(self.mend)
        parts.link.store_opened.connect(self._begin)

    def show(self, tab: str, thing: str = "") -> None:
        """Show a part of the page, and in it one thing."""
        self._parts.go("site")
        self._page.show_tab(tab, thing)

    def mend(self, problem: object) -> None:
        """Go where a problem is mended."""
        place = place_of(problem) if isinstance(problem, Problem) else None
        if place is not None:
            self.show(*place)

    def look(self) -> None:
        """Look what needs somebody; nothing is started for it."""
        folder = self._parts.link.data_dir

        def read(_store: Store) -> Needs:
            settings = engine_settings.load(folder)
            there = site_of(folder, settings, None).roles or frozenset()
            return Needs(
                len(blocked_servers(folder, settings)), len(settings.roles) - len(there), settings.network == "off"
            )

        self._parts.link.call(read, self._take, lambda _refused: None)

    def close(self) -> None:
        """Stop looking."""
        self._timer.stop()

    def _begin(self) -> None:
        self.look()
        self._timer.start()

    def _take(self, needs: Needs) -> None:
        self._footer.show_offline(needs.offline)
        if not self._page.isVisible():  # it knows more than this
            self._rail.set_badge("site", needs.blocked + needs.broken)
