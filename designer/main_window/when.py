"""A moment as a person of this place writes it."""

from __future__ import annotations

from PySide6.QtCore import QDate, QDateTime, QLocale

from designer.resources import tr


def when(at: float) -> str:
    """`today 14:05`, else date and time as the system writes them."""
    then = QDateTime.fromSecsSinceEpoch(round(at))
    local = QLocale()
    if then.date() == QDate.currentDate():
        return tr("today {time}").format(time=local.toString(then.time(), QLocale.FormatType.ShortFormat))
    return local.toString(then, QLocale.FormatType.ShortFormat)
