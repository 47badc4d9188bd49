"""Editors of texts: with expressions and their preview, with values to choose from, with a file dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from designer.forms.editor import Leaf, Sharing
from designer.forms.expand import Sheet
from designer.forms.preview_line import PreviewLine
from designer.forms.prompt import Prompt
from designer.forms.spec import Spec
from designer.forms.values import ABSENT
from designer.resources import tr
from designer.theme import space
from designer.widgets import IconButton

LONG = {"prompt": (2, 14), "sql": (3, 14), "code": (3, 14), "textarea": (3, 10), "markdown": (3, 10)}
_MONO = ("sql", "code")
_FILES = ("file", "save-file", "directory")
PREVIEW_MS = 250


class TextEditor(Leaf):
    """A text; with `templates` it may hold expressions, with the hint "expression" all of it is one."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None, *, whole: bool = False) -> None:
        super().__init__(spec, sharing, parent)
        self._whole = whole or spec.hint == "expression"
        lines, most = LONG.get(spec.hint, (1, 6))
        self.box = Prompt(
            self,
            scope=sharing.scope,
            whole=self._whole,
            expressions=spec.templates or self._whole,
            offers=sharing.scope.offers.get(spec.hint, ()),
            lines=lines,
            most=most,
            mono=spec.hint in _MONO,
            document_undo=sharing.document_undo,
        )
        self.box.setAccessibleName(spec.title)
        if isinstance(spec.default, str) and spec.default:
            self.box.setPlaceholderText(spec.default.splitlines()[0])
        self.box.typed.connect(self._typed)
        self.box.left.connect(sharing.flush)
        self.box.undo_wanted.connect(sharing.flush)
        self.preview = PreviewLine(self)
        self._buttons: list[IconButton] = []
        self.larger = IconButton("maximize-2", tr("Larger", "forms"), parent=self)
        self.larger.setFixedSize(22, 22)
        self.larger.setIconSize(QSize(13, 13))
        self.larger.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.larger.clicked.connect(self.expand)
        self._long = lines > 1
        self.larger.hide()
        line = self._line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(space.XS)
        line.addWidget(self.box, 1, Qt.AlignmentFlag.AlignTop)
        if spec.hint in _FILES:
            self._add(line, "folder-open", tr("Browse", "forms"), self.browse)
        elif self.box.offers:
            self._add(line, "chevrons-up-down", tr("Choose", "forms"), self._choose)
        whole_box = QVBoxLayout(self)
        whole_box.setContentsMargins(0, 0, 0, 0)
        whole_box.setSpacing(2)
        whole_box.addLayout(line)
        whole_box.addWidget(self.preview)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(PREVIEW_MS)
        self._wait.timeout.connect(self.evaluate)
        sharing.prompts.append(self)
        self.setFocusProxy(self.box)

    def target(self) -> QWidget:
        return self.box

    def tools(self, bare: bool) -> list[QWidget]:
        self.larger.setVisible(self._long and not bare)
        return [self.larger] if self._long and not bare else []

    def set_scope(self) -> None:
        """Other names are in scope now."""
        self.box.scope = self.sharing.scope
        self.box.offers = tuple(self.sharing.scope.offers.get(self.spec.hint, ()))
        self.evaluate()

    def set_read_only(self, read_only: bool) -> None:
        self.box.setReadOnly(read_only)
        self.box.setProperty("readOnly", read_only)
        for one in self._buttons:
            one.setVisible(not read_only)

    def begin_expression(self) -> None:
        """Put `{{ }}` at the caret and offer names."""
        self.box.begin_expression()

    def start_expression(self) -> None:
        """Show empty braces with the caret in them; the value stays as it was until a key is typed."""
        self.box.set_text("{{  }}")
        self.box.put_caret(3)
        self.box.setFocus()
        self.box.offer_names()

    def expand(self) -> Sheet:
        """Open the larger editor over the window."""
        return Sheet(self.box, self.spec.title)

    def browse(self) -> QFileDialog:
        """Open the system's file dialog; what is chosen becomes the text."""
        dialog = QFileDialog(self, self.spec.title)
        if self.spec.hint == "directory":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        elif self.spec.hint == "save-file":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if self.box.text() and "{{" not in self.box.text():
            dialog.selectFile(self.box.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.box.take_text)
        dialog.open()
        return dialog

    def evaluate(self) -> None:
        """Show what the text came to in the last run."""
        text = self.box.text()
        wanted = bool(text.strip()) and (self._whole or (self.spec.templates and "{{" in text))
        self.preview.say(self.sharing.scope.evaluate(text, self._whole) if wanted else None)

    def _choose(self) -> None:
        self.box.setFocus()
        self.box.selectAll()
        self.box.offer_all()

    def _add(self, line: QHBoxLayout, icon: str, tip: str, slot: Callable[[], object]) -> None:
        made = IconButton(icon, tip, parent=self)
        made.clicked.connect(slot)
        self._buttons.append(made)
        line.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)

    def _typed(self) -> None:
        self.touched()
        self._wait.start()

    def _read(self) -> Any:
        return self.box.text() or self.empty

    def _show(self, value: Any) -> None:
        self.box.set_text("" if value is ABSENT or value is None else str(value))
        self.evaluate()
