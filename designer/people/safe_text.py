"""Text that a model, a workflow or a server wrote, as Markdown that can load and open nothing by itself."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QGuiApplication,
    QImage,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QTextBrowser, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, space, tokens, watcher
from designer.widgets import ElidedLabel, IconButton, button, visible
from designer.widgets.images import fragments, name_images

_OPENS = ("http", "https", "mailto")


def with_line_breaks(text: str) -> str:
    """Markdown in which a line's end stays one: people write facts in lines, not in paragraphs."""
    lines, fenced = [], False
    for line in text.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        keep = fenced or not line.strip() or line.lstrip().startswith(("|", "```", "~~~"))
        lines.append(line if keep else line.rstrip() + "  ")
    return "\n".join(lines)


class _Page(QTextBrowser):
    """As tall as its text; nothing is fetched, and a click on a link only says where it leads."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.setProperty("kind", "plain")
        self.setFont(font("body"))
        self.viewport().setAutoFillBackground(False)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        image = QImage(1, 1, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        return image if kind == QTextDocument.ResourceType.ImageResource.value else QByteArray()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def _fit(self, *_size: object) -> None:
        bar = self.horizontalScrollBar()
        more = bar.sizeHint().height() if bar.maximum() > 0 else 0
        self.setFixedHeight(max(1, round(self.document().size().height() + 0.5)) + more)


class SafeText(QWidget):
    """Untrusted Markdown. A link shows its whole address first and opens only from there."""

    link_shown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._url = QUrl()
        self.page = _Page(self)
        self.page.anchorClicked.connect(self._show_address)
        self._bar = QWidget(self)
        self.address = ElidedLabel("", self._bar, mode=Qt.TextElideMode.ElideMiddle, role="mono")
        self.opener = button(tr("Open in browser", "people"))
        self.opener.clicked.connect(self._open_address)
        copy = IconButton("copy", tr("Copy the address", "people"))
        copy.clicked.connect(self._copy_address)
        row = QHBoxLayout(self._bar)
        row.setContentsMargins(0, space.S, 0, 0)
        row.addWidget(self.address, 1)
        row.addWidget(copy)
        row.addWidget(self.opener)
        self._bar.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.page)
        column.addWidget(self._bar)
        watcher().changed.connect(self._render)

    def set_text(self, text: str) -> None:
        """Show this Markdown."""
        self._text = text
        self._bar.hide()
        self._render()

    def text(self) -> str:
        """What can be read, without marks."""
        return self.page.toPlainText()

    def _render(self) -> None:
        features = QTextDocument.MarkdownFeature
        self.page.document().setDefaultFont(font("body"))
        self.page.document().setMarkdown(
            with_line_breaks(visible(self._text)), features.MarkdownDialectGitHub | features.MarkdownNoHTML
        )
        name_images(self.page.document(), tokens().muted)
        _recolor_links(self.page.document())
        _quiet(self.page.document())

    def _show_address(self, url: QUrl) -> None:
        self._url = url
        self.address.setText(tr("Leads to {address}", "people").format(address=visible(url.toString())))
        self.opener.setEnabled(url.scheme() in _OPENS)
        self._bar.show()
        self.link_shown.emit(url.toString())

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._url.toString())

    def _open_address(self) -> None:
        QDesktopServices.openUrl(self._url)


def _recolor_links(document: QTextDocument) -> None:
    for place, length, style in fragments(document):
        if style.isAnchor():
            cursor = QTextCursor(document)
            cursor.setPosition(place)
            cursor.setPosition(place + length, QTextCursor.MoveMode.KeepAnchor)
            colored = QTextCharFormat()
            colored.setForeground(tokens().accent)
            cursor.mergeCharFormat(colored)


def _quiet(document: QTextDocument) -> None:
    """Tables with thin lines, and air between lines."""
    airy = QTextBlockFormat()
    airy.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    block = document.begin()
    while block.isValid():
        cursor = QTextCursor(block)
        if cursor.currentTable() is None:
            cursor.mergeBlockFormat(airy)
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            style = frame.format().toTableFormat()
            style.setBorderBrush(tokens().line_strong)
            style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            style.setBorderCollapse(True)
            style.setCellPadding(5)
            style.setTopMargin(space.S)
            style.setBottomMargin(space.S)
            frame.setFormat(style)
