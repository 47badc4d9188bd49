"""The look: colours, distances, fonts, icons, and putting them on the application."""

from designer.theme.apply import Choice, apply
from designer.theme.current import Watcher, scheme, tokens, watcher
from designer.theme.fonts import Role, font
from designer.theme.icons import app_icon, has_icon, icon, mark, pixmap, status_icon
from designer.theme.tokens import DARK, LIGHT, Scheme, Tokens, mix, radius, soft, space

__all__ = [
    "Choice", "apply", "Watcher", "scheme", "tokens", "watcher", "Role", "font", "has_icon", "icon", "app_icon", "mark",
    "pixmap", "status_icon", "DARK", "LIGHT", "Scheme", "Tokens", "mix", "radius", "soft", "space",
]  # fmt: skip
