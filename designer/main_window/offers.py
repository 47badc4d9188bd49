"""What a form offers to choose from on this PC: model roles, workflows of the library, tools."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from designer.engine_link import EngineLink
from designer.main_window.inspector import Inspector
from engine import settings as engine_settings
from engine.store import Store

EVERY_MS = 30_000


class Offers(QObject):
    """Reads them when the store opens, and now and then again."""

    def __init__(self, link: EngineLink, inspector: Inspector, parent: QObject) -> None:
        super().__init__(parent)
        self._link, self._inspector = link, inspector
        self._known: dict[str, tuple[str, ...]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.read)
        link.store_opened.connect(self._begin)

    def read(self) -> None:
        """Read what there is now."""
        folder = self._link.data_dir

        def look(store: Store) -> dict[str, tuple[str, ...]]:
            roles = tuple(engine_settings.load(folder).roles)
            return {"role": roles, "workflow": tuple(store.library.names())}

        self._link.call(look, self._take, lambda _: None)

    def _begin(self) -> None:
        self.read()
        self._timer.start()

    def _take(self, offers: dict[str, tuple[str, ...]]) -> None:
        if offers != self._known:
            self._known = offers
            self._inspector.set_offers(offers)
