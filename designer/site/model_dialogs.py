"""Adding, choosing and downloading model files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from designer.resources import tr
from designer.site.dialogs import Sheet
from designer.site.facts import ModelFile, Models, Role
from designer.site.models_rows import KIND_ICONS, kind_mark, speed_mark
from designer.site.panes import boxed, stacked
from designer.site.rows import Row
from designer.site.rows_list import RowsList
from designer.site.words import size
from designer.widgets import EmptyState, label


def field(title: str, editor: QWidget, note: str = "") -> QWidget:
    """An editor under its title."""
    editor.setAccessibleName(title)
    parts = [label(title, "small"), editor]
    if note:
        parts.append(label(note, "small", wrap=True))
    return boxed(stacked(*parts, gap=4))


class SwapSheet(Sheet):
    """Which model a role means from now on; `use(name)` gets the file that was chosen."""

    def __init__(self, role: Role, files: Sequence[ModelFile], use: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(
            tr("Another model for {role}", "site").format(role=role.name),
            tr("What is asked right now is answered by the old model, every later question by the new one.", "site"),
            tr("Use this model", "site"), parent, size=(640, 560),
        )  # fmt: skip
        self._use = use
        wanted = "gguf" if role.kind == "remote" else role.kind
        fit = sorted(
            (one for one in files if one.kind != "lora"), key=lambda one: (one.kind != wanted, one.name.lower())
        )
        self.list = RowsList(
            tr("Model files", "site"),
            EmptyState("file", tr("No model files yet", "site"), tr("Add one first.", "site")),
        )
        self.list.setMinimumHeight(320)
        self.body.addWidget(self.list, 1)
        self.list.show_rows([_choice(one, current=one.name == role.model) for one in fit])
        self.list.taken.connect(lambda _key: self._take())
        self.list.chosen.connect(lambda key: self.yes.setEnabled(bool(key) and key != role.model))
        self.yes.clicked.connect(lambda _=False: self._take())
        self.list.select(role.model)
        self.yes.setEnabled(bool(self.list.current()) and self.list.current() != role.model)
        self.list.search.setFocus()

    def _take(self) -> None:
        if self.yes.isEnabled():
            self.accept()
            self._use(self.list.current())


def _choice(file: ModelFile, *, current: bool) -> Row:
    parts = [file.architecture, tr("in use now", "site") if current else "", file.note]
    return Row(
        file.name, file.name, "circle-alert" if file.fault else KIND_ICONS.get(file.kind, "file"),
        "danger" if file.fault else "Models", (kind_mark(file.kind),), "  ·  ".join(part for part in parts if part),
        speed_mark(file.speed), size(file.memory or file.bytes),
        file.fault, "danger",
    )  # fmt: skip


class AddSheet(Sheet):
    """What is to be known of a model file before it is added: `add(arguments)` gets the command's options."""

    def __init__(self, path: Path, models: Models | None, add: Callable[[list[str]], None], parent: QWidget) -> None:
        super().__init__(tr("Add {name}", "site").format(name=path.name), str(path), tr("Add", "site"), parent)
        self._path, self._add = path, add
        self.role = QComboBox()
        self.role.setEditable(True)
        self.role.addItem("")
        for role in models.roles if models is not None else ():
            self.role.addItem(role.name)
        line = self.role.lineEdit()
        if line is not None:
            line.setPlaceholderText(tr("no role yet", "site"))
        self.license, self.note = QLineEdit(), QLineEdit()
        self.license.setPlaceholderText("Apache-2.0")
        self.copy = QCheckBox(tr("Copy it into the data folder", "site"))
        self.copy.setChecked(True)
        self.body.addWidget(
            field(
                tr("For the role", "site"), self.role, tr("Workflows ask a role. A new name makes a new role.", "site")
            )
        )
        self.body.addWidget(field(tr("Licence", "site"), self.license))
        self.body.addWidget(field(tr("Note", "site"), self.note))
        self.body.addWidget(self.copy)
        self.body.addWidget(
            label(
                tr("Without a copy it is used where it is, and missing when that drive is.", "site"), "small", wrap=True
            )
        )
        self.yes.setDefault(True)
        self.yes.clicked.connect(lambda _=False: self._done())
        self.role.setFocus()

    def _done(self) -> None:
        options = ["--copy" if self.copy.isChecked() else "--link"]
        for name, text in (
            ("--role", self.role.currentText()), ("--license", self.license.text()), ("--note", self.note.text())
        ):  # fmt: skip
            if text.strip():
                options += [name, text.strip()]
        self.accept()
        self._add([str(self._path), *options])


class FoundSheet(Sheet):
    """Model files on drives that were plugged in; `add(path)` gets the one that was chosen."""

    def __init__(
        self, found: Sequence[tuple[str, str, int | None]], add: Callable[[str], None], parent: QWidget
    ) -> None:
        super().__init__(
            tr("Model files on other drives", "site"), tr("Nothing on a drive is started by looking at it.", "site"),
            tr("Add…", "site"), parent, size=(640, 480),
        )  # fmt: skip
        self.list = RowsList(
            tr("Model files", "site"),
            EmptyState(
                "hard-drive", tr("No model files found", "site"), tr("Plug a drive in, then look again.", "site")
            ),
        )
        self.list.setMinimumHeight(260)
        self.body.addWidget(self.list, 1)
        rows = [Row(path, Path(path).name, "hard-drive", "accent", (), path, size(bytes)) for path, _, bytes in found]
        self.list.show_rows(rows)
        self.yes.setEnabled(bool(rows))

        def take() -> None:
            if self.list.current():
                self.accept()
                add(self.list.current())

        self.list.taken.connect(lambda _key: take())
        self.yes.clicked.connect(lambda _=False: take())


class DownloadSheet(Sheet):
    """Which file to download from the hub: `get(arguments)`; where the hub is off it says how to turn it on."""

    def __init__(self, models: Models, get: Callable[[list[str]], None], parent: QWidget) -> None:
        on = models.hub
        text = (
            tr("From {url}. A checksum is compared, and an interrupted download goes on where it stopped.", "site")
            if on
            else tr(
                "Downloads are off: this PC asks no hub by itself. Whoever looks after it turns them on with "
                "“signalboxctl models hub on”, or copies files here from a USB drive.",
                "site",
            )
        )
        super().__init__(
            tr("Download a model", "site"), text.format(url=models.hub_url), tr("Download", "site"), parent
        )
        self.name, self.file, self.sha = QLineEdit(), QLineEdit(), QLineEdit()
        self.name.setPlaceholderText(tr("owner/name, or an https:// address", "site"))
        self.file.setPlaceholderText(tr("where there are several", "site"))
        self.sha.setPlaceholderText(tr("if you know it", "site"))
        for title, editor in (
            (tr("From", "site"), self.name), (tr("File", "site"), self.file), (tr("SHA-256", "site"), self.sha)
        ):  # fmt: skip
            editor.setEnabled(on)
            self.body.addWidget(field(title, editor))
        self.yes.setEnabled(False)
        self.name.textChanged.connect(lambda text: self.yes.setEnabled(on and bool(text.strip())))
        self.yes.setDefault(True)

        def go() -> None:
            options = [self.name.text().strip()]
            for name, text in (("--file", self.file.text()), ("--sha256", self.sha.text())):
                if text.strip():
                    options += [name, text.strip()]
            self.accept()
            get(options)

        self.yes.clicked.connect(lambda _=False: go())
