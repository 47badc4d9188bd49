"""The page on which a workflow is drawn: node types and outline, canvas, inspector, run panel and problems."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from designer.canvas.canvas import Canvas
from designer.engine_link import EngineLink
from designer.main_window.inspector import Inspector
from designer.main_window.node_list import NodeList
from designer.main_window.outline import Outline
from designer.main_window.problems_panel import ProblemsPanel
from designer.resources import tr
from designer.runs.run_panel import RunPanel
from designer.theme import space
from designer.widgets import IconButton, Segmented, button, label

LEFT, RIGHT, BOTTOM = 232, 348, 300
SHARE, LARGE = 0.44, 0.82
"""Of the height, for the panel below as it opens and as large as it gets."""


class DrawingPage(QWidget):
    """Only puts the parts beside each other; the window connects them. `back_requested`: leave the past run."""

    back_requested = Signal()
    restore_requested = Signal()

    def __init__(self, link: EngineLink, inspector: Inspector, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = Canvas()
        self.inspector = inspector
        self.nodes, self.outline = NodeList(), Outline()
        self.run_panel, self.problems = RunPanel(link), ProblemsPanel()
        self.left = self._left()
        self.bottom = self._bottom()
        self.banner = self._banner()
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.canvas, 1)
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        for part in (self.left, middle, self.inspector):
            self.columns.addWidget(part)
        self.columns.setStretchFactor(1, 1)
        self.rows = QSplitter(Qt.Orientation.Vertical)
        self.rows.addWidget(self.columns)
        self.rows.addWidget(self.bottom)
        self.rows.setStretchFactor(0, 1)
        self.inspector.setMinimumWidth(300)
        self.left.setMinimumWidth(180)
        for splitter in (self.rows, self.columns):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        self.columns.setSizes([LEFT, 10_000, RIGHT])
        self.rows.setSizes([10_000, BOTTOM])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.rows)
        self._sized = False
        self.bottom.hide()

    def _left(self) -> QWidget:
        panel = QWidget()
        panel.setProperty("surface", "panel")
        switch = Segmented((("nodes", tr("Nodes")), ("outline", tr("Outline"))))
        pages = QStackedWidget()
        pages.addWidget(self.nodes)
        pages.addWidget(self.outline)
        switch.changed.connect(lambda name: pages.setCurrentWidget(self.outline if name == "outline" else self.nodes))
        self.left_switch, self._left_pages = switch, pages
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, space.M, 0, 0)
        column.setSpacing(space.M)
        top = QHBoxLayout()
        top.setContentsMargins(space.M, 0, space.M, 0)
        top.addWidget(switch)
        top.addStretch(1)
        column.addLayout(top)
        column.addWidget(pages, 1)
        return panel

    def _bottom(self) -> QWidget:
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.addTab(self.run_panel, tr("Run", "run"))
        tabs.addTab(self.problems, tr("Problems"))
        self.larger = IconButton("chevrons-up-down", tr("Make the panel larger or smaller"))
        self.larger.clicked.connect(self._resize_bottom)
        hide = IconButton("chevron-down", tr("Hide the panel"))
        hide.clicked.connect(tabs.hide)
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, space.XS, 0)
        row.setSpacing(0)
        row.addWidget(self.larger)
        row.addWidget(hide)
        tabs.setCornerWidget(corner)
        tabs.setMinimumHeight(160)
        self.tabs = tabs
        return tabs

    def _banner(self) -> QWidget:
        banner = QWidget()
        banner.setObjectName("banner")
        banner.setProperty("surface", "inset")
        row = QHBoxLayout(banner)
        row.setContentsMargins(space.L, space.S, space.M, space.S)
        row.setSpacing(space.M)
        self.banner_text = label("", "small")
        restore = button(tr("Restore this version"), "quiet")
        restore.clicked.connect(self.restore_requested)
        back = button(tr("Back to the drawing"), "", "pencil")
        back.clicked.connect(self.back_requested)
        row.addWidget(self.banner_text, 1)
        row.addWidget(restore)
        row.addWidget(back)
        banner.hide()
        return banner

    def show_banner(self, text: str) -> None:
        """Say that something other than the drawing is shown; "" takes it away."""
        self.banner_text.setText(text)
        self.banner.setVisible(bool(text))

    def show_outline(self) -> None:
        """Bring the outline to the front and put the focus there."""
        self.left.show()
        self.left_switch.choose("outline")
        self._left_pages.setCurrentWidget(self.outline)
        self.outline.tree.setFocus()

    def show_tab(self, widget: QWidget) -> None:
        """Bring a part of the bottom panel to the front."""
        if not self.bottom.isVisible() and not self._sized:
            self._sized = True  # later, it has the size that a person gave it
            self._share(SHARE)
        self.bottom.show()
        self.tabs.setCurrentWidget(widget)

    def _resize_bottom(self) -> None:
        large = self.bottom.height() > (SHARE + LARGE) / 2 * self.height()
        self._share(SHARE if large else LARGE)

    def _share(self, part: float) -> None:
        high = max(BOTTOM, round(self.height() * part))
        self.rows.setSizes([max(1, self.height() - high), high])

    def count_problems(self, errors: int, warnings: int) -> None:
        """How many, on the tab."""
        count = errors + warnings
        text = tr("Problems") if not count else tr("Problems ({n})").format(n=count)
        self.tabs.setTabText(self.tabs.indexOf(self.problems), text)
