"""The menu bar, and the menus over a node, a wire and the empty canvas."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from designer.actions.command import Group
from designer.actions.commands import Commands

MENUS: dict[Group, tuple[str, ...]] = {
    "File": (
        "file.new", "file.open", "file.welcome", "-", "file.save", "file.save_named", "file.versions", "-",
        "file.import", "file.export", "-", "file.quit",
    ),
    "Edit": (
        "edit.undo", "edit.redo", "-", "edit.cut", "edit.copy", "edit.paste", "edit.duplicate", "-", "edit.add",
        "edit.open", "edit.rename", "edit.disable", "edit.bypass", "edit.delete", "edit.heal", "-", "edit.all",
        "edit.workflow",
    ),
    "Arrange": (
        "arrange.tidy", "arrange.frame", "arrange.note", "-", "arrange.left", "arrange.centre", "arrange.right",
        "arrange.top", "arrange.middle", "arrange.bottom", "-", "arrange.across", "arrange.down",
    ),
    "View": (
        "view.fit", "view.selection", "view.reset", "-", "view.left", "view.right", "view.bottom", "view.minimap",
        "view.outline", "-", "view.theme", "view.system_theme", "view.language",
    ),
    "Run": (
        "run.run", "run.inputs", "run.to_here", "run.stop", "-", "run.from_here", "run.retry", "run.fork", "-",
        "run.history", "run.live", "-", "run.engine_start", "run.engine_stop",
    ),
    "People": ("people.inbox",),
    "PC": ("site.models", "site.tools", "site.network", "site.keys"),
    "Help": ("help.palette", "help.keys", "-", "help.next_problem", "help.previous_problem", "-", "help.about"),
}  # fmt: skip
NODE = (
    "edit.open", "edit.rename", "-", "run.to_here", "run.from_here", "run.retry", "run.fork", "-", "edit.disable",
    "edit.bypass", "-", "edit.cut", "edit.copy", "edit.duplicate", "arrange.frame", "-", "edit.delete", "edit.heal",
)  # fmt: skip
EMPTY = ("edit.add", "edit.paste", "arrange.note", "-", "arrange.tidy", "view.fit", "edit.all", "edit.workflow")


def fill_menu_bar(bar: QMenuBar, commands: Commands) -> None:
    """All commands, by group."""
    for group, names in MENUS.items():
        menu = bar.addMenu(commands.group_title(group))
        menu.aboutToShow.connect(commands.refresh)
        commands.fill(menu, *names)


def canvas_menu(commands: Commands, node: bool, parent: QWidget) -> QMenu:
    """The menu over a node, or over the empty canvas."""
    commands.refresh()
    menu = QMenu(parent)
    commands.fill(menu, *(NODE if node else EMPTY))
    return menu
