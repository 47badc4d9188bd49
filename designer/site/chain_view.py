"""Who takes over when a role fails, drawn as a chain."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from designer.resources import tr
from designer.site.facts import Role
from designer.site.panes import Icon
from designer.site.words import PLACES, word
from designer.theme import space
from designer.widgets import button, label


class ChainView(QWidget):
    """`chosen` carries the role that was pressed."""

    chosen = Signal(str)

    def __init__(self, names: Sequence[str], roles: Sequence[Role], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        known = {role.name: role for role in roles}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space.S)
        for nth, name in enumerate(names):
            if nth:
                row.addWidget(Icon("arrow-right", "faint", 14))
            row.addWidget(self._link(name, known.get(name), first=nth == 0))
        row.addStretch(1)
        self.setAccessibleName(" → ".join(names))

    def _link(self, name: str, role: Role | None, *, first: bool) -> QWidget:
        if first:
            made: QLabel = label(name, "strong")
            return made
        place = word(PLACES, role.placement) if role is not None and role.placement else ""
        one = button(name, "", "circle-alert" if role is None or role.fault else "")
        one.setCursor(Qt.CursorShape.PointingHandCursor)
        one.setToolTip(
            tr("There is no such role.", "site")
            if role is None
            else "\n".join(p for p in (role.model, place, role.fault) if p)
        )
        one.clicked.connect(lambda _=False: self.chosen.emit(name))
        return one
