"""What the start page offers to go on with: runs that are open, and drafts, newest first."""

from __future__ import annotations

from PySide6.QtCore import QObject

from designer.engine_link import EngineLink
from designer.main_window.when import when
from designer.welcome import Recent, WelcomePage
from engine.errors import Refused
from engine.store import Draft, Store

MOST = 8


class RecentWork(QObject):
    """Reads drafts and open runs for the start page whenever it is shown and whenever runs change."""

    def __init__(self, link: EngineLink, page: WelcomePage, parent: QObject) -> None:
        super().__init__(parent)
        self._link, self._page = link, page
        link.store_opened.connect(self.read)
        link.runs_changed.connect(lambda _: self.read() if page.isVisible() else None)

    def read(self) -> None:
        """Read them now."""

        def look(store: Store) -> list[tuple[Draft, str]]:
            return [(draft, title_of(draft)) for draft in store.drafts.list()[:MOST]]

        self._link.call(look, self._show, lambda _: None)

    def _show(self, drafts: list[tuple[Draft, str]]) -> None:
        waiting = {asked.root for asked in self._link.questions}
        runs = [
            Recent(row.id, row.name, when(row.at), "asking" if row.id in waiting else "running")
            for row in self._link.runs
            if row.end is None and row.parent is None
        ]
        self._page.show_recent([Recent(draft.id, title, when(draft.at)) for draft, title in drafts], runs[:MOST])


def title_of(draft: Draft) -> str:
    """What a draft is called; its name when it cannot be read."""
    try:
        return draft.workflow.title or draft.name
    except Refused:
        return draft.name
