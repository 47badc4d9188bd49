"""Pictures that a text names are not fetched: their address may be anybody's, and asking for it tells who reads."""

from __future__ import annotations

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument

from designer.resources import tr


def fragments(document: QTextDocument) -> list[tuple[int, int, QTextCharFormat]]:
    """Place, length and format of every run of characters of one format."""
    found = []
    block = document.begin()
    while block.isValid():
        for at in block:
            fragment = at.fragment()
            found.append((fragment.position(), fragment.length(), fragment.charFormat()))
        block = block.next()
    return found


def name_images(document: QTextDocument, color: QColor) -> None:
    """Put an image's address where it would stand, before anything is laid out: nothing is fetched or hidden."""
    for place, length, style in reversed(fragments(document)):
        if style.isImageFormat():
            cursor = QTextCursor(document)
            cursor.setPosition(place)
            cursor.setPosition(place + length, QTextCursor.MoveMode.KeepAnchor)
            plain = QTextCharFormat()
            plain.setForeground(color)
            name = style.toImageFormat().name()
            cursor.insertText(tr("[image not loaded: {address}]", "people").format(address=name), plain)
