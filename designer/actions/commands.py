"""The commands of one window as actions of Qt: each has its handler, and asks whether it may be used now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from designer.actions.command import Command, Group
from designer.actions.table import commands, group_titles
from designer.theme import icon

Handler = Callable[[], None]
Question = Callable[[], bool]


class Commands(QObject):
    """All actions of a window. `bind` gives a command its handler; `refresh` asks every `enabled` and `checked`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.table: dict[str, Command] = {command.id: command for command in commands()}
        self._enabled: dict[str, Question] = {}
        self._checked: dict[str, Question] = {}
        self._actions: dict[str, QAction] = {}
        for command in self.table.values():
            action = QAction(command.title, self)
            action.setObjectName(command.id)
            action.setCheckable(command.checkable)
            if command.icon:
                action.setIcon(icon(command.icon, "muted"))
            if command.owner == "window":
                action.setShortcuts([QKeySequence(keys) for keys in command.keys])
                window.addAction(action)
            tip = f"{command.title}  ({_shown(command)})" if command.keys else command.title
            action.setToolTip(tip.replace("…", ""))
            self._actions[command.id] = action

    def bind(
        self, command: str, run: Handler, *, enabled: Question | None = None, checked: Question | None = None
    ) -> None:
        """Say what a command does, when it can be done, and whether it is on."""
        self._actions[command].triggered.connect(lambda _checked=False: run())
        if enabled is not None:
            self._enabled[command] = enabled
        if checked is not None:
            self._checked[command] = checked

    def bind_all(self, handlers: Mapping[str, Handler]) -> None:
        """Commands that can always be used."""
        for command, run in handlers.items():
            self.bind(command, run)

    def action(self, command: str) -> QAction:
        """The action of a command."""
        return self._actions[command]

    def trigger(self, command: str) -> None:
        """Do it, if it can be done now."""
        self.refresh()
        self._actions[command].trigger()

    def refresh(self) -> None:
        """Bring every action's state up to date."""
        for command, ask in self._enabled.items():
            self._actions[command].setEnabled(ask())
        for command, ask in self._checked.items():
            self._actions[command].setChecked(ask())

    def usable(self) -> Iterator[tuple[Command, QAction]]:
        """What can be done now, in the table's order."""
        self.refresh()
        for name, command in self.table.items():
            if self._actions[name].isEnabled():
                yield command, self._actions[name]

    def fill(self, menu: QMenu, *names: str) -> None:
        """Put commands into a menu; "-" is a line."""
        for name in names:
            if name == "-":
                menu.addSeparator()
            else:
                menu.addAction(self._actions[name])
                command = self.table[name]
                if command.owner == "canvas" and command.keys:  # shown, not claimed
                    self._actions[name].setText(f"{command.title}\t{_shown(command)}")

    def group(self, group: Group) -> list[str]:
        """The names of a group's commands."""
        return [name for name, command in self.table.items() if command.group == group]

    def group_title(self, group: Group) -> str:
        """A group's name on the screen."""
        return group_titles()[group]


def _shown(command: Command) -> str:
    return QKeySequence(command.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)


def shown_keys(command: Command) -> list[str]:
    """The key sequences of a command as they are written on this system."""
    return [QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) for keys in command.keys]
