"""Which scheme is on, and the one object that says when it changes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from designer.theme.tokens import SCHEMES, Scheme, Tokens

_scheme: list[Scheme] = ["dark"]
_watchers: list[Watcher] = []


class Watcher(QObject):
    """`changed` after another scheme is on: repaint what was painted by hand, style what was styled by hand."""

    changed = Signal()


def tokens() -> Tokens:
    """The colours of the scheme that is on."""
    return SCHEMES[_scheme[0]]


def scheme() -> Scheme:
    """The scheme that is on."""
    return _scheme[0]


def watcher() -> Watcher:
    """The one watcher of this process."""
    if not _watchers:
        _watchers.append(Watcher())
    return _watchers[0]


def switch(to: Scheme) -> bool:
    """Put a scheme on; whether it is another one. `watcher()` speaks when the style is ready too, in `apply`."""
    changed, _scheme[0] = _scheme[0] != to, to
    return changed
