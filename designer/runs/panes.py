"""Small things that several of the run views are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QFrame, QScrollArea, QVBoxLayout, QWidget

from designer.theme import space

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink


def scroll(inner: QWidget) -> QScrollArea:
    """The widget in an area that scrolls up and down only."""
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def column(parent: QWidget, margin: int = 0, gap: int = space.S) -> QVBoxLayout:
    """A column on the widget."""
    layout = QVBoxLayout(parent)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap)
    return layout


def paints_selection(view: QAbstractItemView) -> None:
    """The view's delegate paints the chosen row by itself; the style sheet must not paint its own under it."""
    view.setStyleSheet("QAbstractItemView { selection-background-color: transparent; }")


def blobs(link: EngineLink) -> Callable[[dict[str, Any], Callable[[bytes], None]], None]:
    """What `ValueView` fetches pictures with: the store is read on the worker thread."""

    def load(reference: dict[str, Any], done: Callable[[bytes], None]) -> None:
        digest = str(reference.get("$blob", ""))
        link.call(lambda store: store.blobs.get(digest), done, lambda refused: None)

    return load
