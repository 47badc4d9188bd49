"""The images in a value, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import shiboken6
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, radius, space, tokens
from designer.widgets.buttons import button
from designer.widgets.labels import label
from designer.widgets.value_words import pictures, size_text

LoadBlob = Callable[[dict[str, Any], Callable[[bytes], None]], None]
"""Fetch the bytes of a `{"$blob": …}` reference; calls back on the GUI thread, now or later."""
AT_ONCE = 12
SIDE = 2048
"""Larger images are made smaller while they are read: a 100-megapixel photo must not take the window's memory."""


def decoded(data: bytes) -> QImage:
    """The image in some bytes, never larger than the screen could show; null where there is none."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > SIDE:
        reader.setScaledSize(size.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


class Picture(QWidget):
    """One image, as large as the room allows and never blown up; a sentence while and where there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image, self._words = QImage(), tr("Loading …")
        self.setMinimumHeight(48)

    def image(self) -> QImage:
        """What it shows; null while there is none."""
        return self._image

    def show_bytes(self, data: bytes) -> None:
        """Show the image in some bytes."""
        self._image = decoded(data)
        self._words = "" if not self._image.isNull() else tr("This is no image that can be shown.")
        self._fit()

    def show_words(self, words: str) -> None:
        """Say why there is no image."""
        self._words = words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, self.minimumHeight())

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image.isNull():
            painter.setPen(tokens().muted)
            painter.setFont(font("small"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._words)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect().adjusted(0, 0, self._width() - self.width(), 0), self._image)
        painter.end()

    def _width(self) -> int:
        return min(self.width(), self._image.width())

    def _fit(self) -> None:
        if not self._image.isNull():
            self.setFixedHeight(max(1, round(self._image.height() * self._width() / max(1, self._image.width()))))
        self.update()


class Pictures(QScrollArea):
    """All images of a value under each other; a button shows the next dozen."""

    def __init__(self, value: Any, load_blob: LoadBlob | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self._load, self._rest = load_blob, pictures(value)
        self.shown: list[Picture] = []
        room = QWidget()
        self._column = QVBoxLayout(room)
        self._column.setContentsMargins(0, 0, radius.S, 0)
        self._column.setSpacing(space.XS)
        self.more = button(tr("Show more pictures"), "link")
        self.more.clicked.connect(self.show_next)
        self._column.addWidget(self.more)
        self._column.addStretch(1)
        self.setWidget(room)
        self.show_next()

    def show_next(self) -> None:
        """Show the next ones."""
        coming = list(islice(self._rest, AT_ONCE))
        for place, reference in coming:
            self._add(place, reference)
        self.more.setVisible(len(coming) == AT_ONCE)

    def _add(self, place: str, reference: dict[str, Any]) -> None:
        picture = Picture()
        words = [place, str(reference.get("media_type", "")), size_text(reference.get("size", 0))]
        at = self._column.count() - 2
        self._column.insertWidget(at, picture)
        self._column.insertWidget(at + 1, label(" · ".join(word for word in words if word), "small"))
        self.shown.append(picture)
        if self._load is None:
            picture.show_words(tr("The image is stored with the run."))
        else:
            self._load(reference, lambda data: self._arrived(picture, data))

    def _arrived(self, picture: Picture, data: bytes) -> None:
        # The value may have been replaced while its bytes were on their way.
        if shiboken6.isValid(picture):  # type: ignore[no-untyped-call]
            picture.show_bytes(data)
