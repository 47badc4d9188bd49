"""The line above (or, for items of lists, beside) an editor: label, marks and the small tools of a field."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from designer.resources import tr
from designer.theme import font, space
from designer.widgets import Chip, ElidedLabel, IconButton, label

_FIELD = 30
"""The height of a field of one line: tools beside it stand in its middle."""


class Head(QHBoxLayout):
    """Most fields show a label and nothing else: everything more is made when it is first wanted."""

    def __init__(
        self, row: QWidget, title: str, extra: Sequence[QWidget], *, bare: bool, folds: bool, required: bool
    ) -> None:
        super().__init__()
        self._row, self._bare = row, bare
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(space.XS)
        self.label: ElidedLabel | None = None
        self.chevron: IconButton | None = None
        self._fx: IconButton | None = None
        self._reset: IconButton | None = None
        self._count: QLabel | None = None
        self._edited: Chip | None = None
        self._tools = QHBoxLayout()
        self._tools.setSpacing(space.XS)
        self._extra = list(extra)
        if not bare:
            self._words(title, folds, required)
        for tool in self._extra:
            self.add_tool(tool)
        self.addLayout(self._tools)

    def on(self, fold: Callable[[], object], fx: Callable[[], object], reset: Callable[[], object]) -> None:
        """What the tools do."""
        self._on_fx, self._on_reset = fx, reset
        if self.chevron is not None:
            self.chevron.clicked.connect(fold)

    def set_title(self, title: str) -> None:
        """Another label."""
        if self.label is not None:
            self.label.setText(title)

    def set_open(self, open: bool) -> None:
        """Which way the chevron points."""
        if self.chevron is not None:
            self.chevron.set_icon("chevron-down" if open else "chevron-right")

    def set_count(self, text: str) -> None:
        """How much is in a group."""
        if self._count is None and text and not self._bare:
            self._count = label("", "small")
            self._beside(self._count)
        if self._count is not None:
            self._count.setText(text)

    def set_edited(self, edited: bool) -> None:
        """Whether the field differs from what it was."""
        if self._edited is None and edited and not self._bare:
            self._edited = Chip(tr("edited", "forms"), "warning")
            self._beside(self._edited)
        if self._edited is not None:
            self._edited.setVisible(edited)

    def show_fx(self, visible: bool, on: bool, keep: bool) -> None:
        """The expression tool; `keep` leaves its room when it goes, so that the field is not pushed about."""
        if self._fx is None:
            if not visible and not keep:
                return
            self._fx = self._tool("square-function", tr("Use an expression", "forms"), "Ctrl+E")
            self._fx.clicked.connect(self._on_fx)
        policy = self._fx.sizePolicy()
        if policy.retainSizeWhenHidden() != keep:
            policy.setRetainSizeWhenHidden(keep)
            self._fx.setSizePolicy(policy)
        self._fx.set_icon("square-function", "accent" if on else "muted")
        self._fx.setVisible(visible)

    def show_reset(self, visible: bool) -> None:
        """The tool that takes the value out."""
        if self._reset is None:
            if not visible:
                return
            self._reset = self._tool("undo-2", tr("Back to the default", "forms"), "Ctrl+Shift+Backspace")
            self._reset.clicked.connect(self._on_reset)
        self._reset.setVisible(visible)

    def set_enabled(self, enabled: bool) -> None:
        """Whether the tools may change anything."""
        for tool in (self._fx, self._reset, *self._extra):
            if tool is not None:
                tool.setEnabled(enabled)

    def add_tool(self, tool: QWidget, place: int = -1) -> None:
        """A tool of the editor's own, before the others for place 0."""
        if self._bare:
            tool.setFixedHeight(_FIELD)
        self._tools.insertWidget(place, tool, 0, Qt.AlignmentFlag.AlignTop)

    def remove_tool(self, tool: QWidget) -> None:
        """Take a tool, or an editor that stood in the line, out."""
        self._tools.removeWidget(tool)

    def give_tools(self, line: QHBoxLayout) -> None:
        """Let the tools stand in another line."""
        self.removeItem(self._tools)
        self._tools.setParent(None)
        line.addLayout(self._tools)

    def _words(self, title: str, folds: bool, required: bool) -> None:
        if folds:
            self.chevron = self._tool("chevron-down", tr("Fold", "forms"), "", listed=False)
            self.chevron.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.addWidget(self.chevron)
        self.label = ElidedLabel(title, self._row)
        self.label.setFont(font("small", 500))
        policy = self.label.sizePolicy()
        policy.setHorizontalPolicy(policy.Policy.Maximum)
        self.label.setSizePolicy(policy)
        self.label.setMinimumHeight(22)
        self.addWidget(self.label)
        if required:
            star = label("*", "danger")
            star.setToolTip(tr("Required", "forms"))
            self.addWidget(star)
        self.addStretch(1)

    def _beside(self, word: QWidget) -> None:
        self.insertWidget(self.count() - 2, word)

    def _tool(self, icon: str, tip: str, keys: str, *, listed: bool = True) -> IconButton:
        made = IconButton(icon, tip, keys, self._row)
        made.setFixedSize(22, 22)
        made.setIconSize(QSize(14, 14))
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if listed:
            self.add_tool(made, self._tools.count() - len(self._extra))
        return made
