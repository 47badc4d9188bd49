"""A date or a time: typed as ISO text or picked from a calendar, said in words below."""

from __future__ import annotations

from datetime import date, datetime

from PySide6.QtCore import QDate, QLocale, QPoint
from PySide6.QtWidgets import QCalendarWidget, QMenu, QWidget, QWidgetAction

from designer.forms.editor import Sharing
from designer.forms.scope import Preview
from designer.forms.spec import Spec
from designer.forms.text_editors import TextEditor
from designer.forms.values import holds_expression
from designer.resources import tr
from designer.widgets import IconButton


class MomentEditor(TextEditor):
    """The text stays the person's own; the calendar only changes its date."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self.date_only = spec.hint == "date"
        if not self.box.placeholderText():
            self.box.setPlaceholderText("2026-12-01" if self.date_only else "2026-12-01T06:00:00+01:00")
        self.pick = IconButton("calendar", tr("Calendar", "forms"), parent=self)
        self.pick.clicked.connect(self.open_calendar)
        self._buttons.append(self.pick)
        self._line.addWidget(self.pick)

    def open_calendar(self) -> QMenu:
        """Show a calendar under the field."""
        menu = QMenu(self)
        calendar = QCalendarWidget(menu)
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        calendar.setGridVisible(False)
        now = self._moment()
        if now is not None:
            calendar.setSelectedDate(QDate(now.year, now.month, now.day))
        calendar.clicked.connect(self._take)
        calendar.clicked.connect(menu.close)
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(calendar)
        menu.addAction(holder)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.box.mapToGlobal(QPoint(0, self.box.height() + 4)))
        return menu

    def fault(self) -> str:
        text = self.box.text()
        if not text or holds_expression(text) or self._moment() is not None:
            return ""
        return tr("This is not a date, such as 2026-12-01.", "forms") if self.date_only else tr(
            "This is not a time with its zone, such as 2026-12-01T06:00:00+01:00.", "forms"
        )  # fmt: skip

    def evaluate(self) -> None:
        moment = self._moment()
        if moment is None:
            super().evaluate()
            return
        words = QLocale().toString(QDate(moment.year, moment.month, moment.day), QLocale.FormatType.LongFormat)
        if isinstance(moment, datetime):
            words += moment.strftime(", %H:%M ") + str(moment.tzinfo or "")
        self.preview.say(Preview("unknown", words))

    def _moment(self) -> date | None:
        try:
            text = self.box.text()
            if self.date_only:
                return date.fromisoformat(text)
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo is not None else None
        except ValueError:
            return None

    def _take(self, day: QDate) -> None:
        now = self._moment()
        chosen = day.toString("yyyy-MM-dd")
        if self.date_only:
            self.box.take_text(chosen)
        elif isinstance(now, datetime):
            self.box.take_text(chosen + self.box.text()[10:])
        else:
            self.box.take_text(f"{chosen}T08:00:00+00:00")
        self.sharing.flush()
