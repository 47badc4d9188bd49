"""How a role is set: a form that says when something is not kept yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from designer.forms.form import Form
from designer.resources import tr
from designer.site.panes import beside, boxed, stacked
from designer.site.role_fields import changed, schema_of, values_of
from designer.theme import space
from designer.widgets import button, label
from engine.settings import RoleSetting


class RoleForm(QWidget):
    """`kept` carries the fields that were changed, once a person keeps them."""

    kept = Signal(object)

    def __init__(
        self, setting: RoleSetting, others: Sequence[str], adapters: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        schema = schema_of(setting, others, adapters)
        self._before = values_of(setting, schema)
        self.form = Form(schema, self._before)
        self.form.mark_edited(self._before)
        self.keep, self.back = button(tr("Keep changes", "site"), "primary"), button(tr("Take back", "site"), "quiet")
        self.words = label("", "small")
        self.bar = boxed(beside(self.keep, self.back, self.words))
        self.setLayout(stacked(self.form, self.bar, gap=space.M))
        self.form.changed.connect(lambda _value: self._tell())
        self.keep.clicked.connect(lambda _=False: self._keep())
        self.back.clicked.connect(lambda _=False: self._take_back())
        self._tell()

    @property
    def edited(self) -> bool:
        """Whether something is typed that is not kept."""
        return bool(self._changes())

    def _changes(self) -> dict[str, Any]:
        return changed(self._before, self.form.value())

    def _tell(self) -> None:
        count = len(self._changes())
        self.bar.setVisible(count > 0)
        self.words.setText(tr("1 change" if count == 1 else "{n} changes", "site").format(n=count))

    def _keep(self) -> None:
        self.form.flush()
        faults = self.form.faults()
        self.form.show_faults(faults)
        if not faults:
            self.kept.emit(self._changes())

    def _take_back(self) -> None:
        self.form.set_value(self._before)
        self.form.show_faults({})
        self._tell()
