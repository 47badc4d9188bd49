"""Commands that change what is seen: panels, zoom, theme, language, finder, shortcut sheet."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMessageBox

from designer.main_window.filing import Filing
from designer.main_window.finder import Entry, Finder
from designer.main_window.node_list import found_types, search_words
from designer.main_window.parts import Parts
from designer.main_window.shortcuts import ShortcutSheet
from designer.main_window.watching import Watching
from designer.resources import tr
from engine import __version__
from engine.nodes.catalog import CATALOG
from engine.store import Draft, RunRow, Store


class Viewing:
    """Binds the commands of View, People and Help."""

    def __init__(self, parts: Parts, finder: Finder, filing: Filing, watching: Watching, add_node: object) -> None:
        self._parts, self._finder, self._filing, self._watching = parts, finder, filing, watching
        self._add = add_node
        commands, drawing = parts.commands, parts.drawing
        canvas = drawing.canvas
        seen = drawing.isVisible
        commands.bind("view.fit", canvas.fit, enabled=seen)
        commands.bind("view.reset", canvas.zoom_reset, enabled=seen)
        commands.bind("view.selection", lambda: canvas.zoom_to(canvas.selected()), enabled=seen)
        for name, part in (
            ("view.left", drawing.left),
            ("view.right", drawing.inspector),
            ("view.bottom", drawing.bottom),
        ):
            commands.bind(name, partial(_toggle, part), enabled=seen, checked=lambda part=part: not part.isHidden())  # type: ignore[misc]
        self._minimap = True
        commands.bind("view.minimap", self._toggle_minimap, enabled=seen, checked=lambda: self._minimap)
        commands.bind("view.outline", drawing.show_outline, enabled=seen)
        commands.bind("people.inbox", lambda: parts.go("inbox"))
        commands.bind("help.palette", self.find)
        commands.bind("help.keys", lambda: ShortcutSheet(commands, parts.window).open())
        commands.bind("help.next_problem", lambda: self._walk(1))
        commands.bind("help.previous_problem", lambda: self._walk(-1))
        commands.bind("help.about", self._about)

    def _toggle_minimap(self) -> None:
        self._minimap = not self._minimap
        self._parts.drawing.canvas.set_minimap(self._minimap)

    def _walk(self, step: int) -> None:
        drawing = self._parts.drawing
        if not drawing.problems.problems:
            self._parts.say(tr("No problems."), "success")
            return
        self._parts.go("drawing")
        drawing.show_tab(drawing.problems)
        drawing.problems.walk(step)

    def find(self) -> None:
        """Everything that can be found: at once what is here, then what the store has."""
        parts = self._parts
        entries = [
            Entry(
                command.title.rstrip("…"),
                parts.commands.group_title(command.group),
                command.icon or "command",
                action.trigger,
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                command.words,
            )
            for command, action in parts.commands.usable()
            if command.id != "help.palette"
        ]
        workflow = parts.showing.workflow or parts.desk.workflow
        if parts.desk.is_open:
            for node in workflow.nodes:
                node_type = CATALOG.get(node.type)
                entries.append(
                    Entry(node.title or node.key, tr("Node"), node_type.icon if node_type else "circle-help",
                          partial(self._go_to, node.key), node.key, node.type)
                )  # fmt: skip
        if parts.editable():
            for kind in found_types(""):
                entries.append(
                    Entry(tr("Add {node}").format(node=tr(kind.title, "NodeType")), tr("Node type"), kind.icon,
                          partial(self._add_node, kind.name), tr(kind.summary, "NodeType"), search_words(kind))
                )  # fmt: skip
        self._finder.open_with(entries)

        def read(store: Store) -> tuple[list[Draft], list[str], list[RunRow]]:
            return store.drafts.list(), store.library.names(), store.journal.runs(limit=50)

        parts.link.call(read, lambda found: self._finder.add(self._stored(*found)), lambda _: None)

    def _stored(self, drafts: list[Draft], names: list[str], rows: list[RunRow]) -> list[Entry]:
        runs = [
            Entry(
                f"{row.name} · {row.id[-6:]}",
                tr("Run", "run"),
                "history",
                partial(self._watching.look_at, row.id),
                row.id,
            )
            for row in rows
            if row.parent is None
        ]
        return self._filing.entries(drafts, names) + runs

    def _add_node(self, name: str) -> None:
        if callable(self._add):
            self._add(name)

    def _go_to(self, key: str) -> None:
        self._parts.go("drawing")
        self._parts.drawing.canvas.select((key,))
        self._parts.drawing.canvas.centre(key)

    def _about(self) -> None:
        box = QMessageBox(self._parts.window)
        box.setWindowTitle("Signalbox")
        box.setText(f"<b>Signalbox {__version__}</b>")
        box.setInformativeText(
            tr("Workflows of AI agents, tools and people that run durably on this PC. Apache-2.0. Icons: Lucide (ISC). "
               "Fonts: Inter, JetBrains Mono (OFL). Qt and PySide6 (LGPL).")
        )  # fmt: skip
        box.finished.connect(box.deleteLater)
        box.open()


def _toggle(part: object) -> None:
    from PySide6.QtWidgets import QWidget

    if isinstance(part, QWidget):
        part.setVisible(part.isHidden())
