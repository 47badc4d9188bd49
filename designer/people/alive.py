"""Answers of the store that come when nobody is there any more."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject


def alive(thing: QObject) -> bool:
    """Whether the Qt half of an object is still there: a reply may come after its window was closed."""
    return bool(shiboken6.isValid(thing))  # type: ignore[no-untyped-call]
