"""The pieces that every screen is made of; they know the theme and nothing about workflows."""

from designer.widgets.buttons import IconButton, Segmented, Switch, button
from designer.widgets.diff_view import DiffView
from designer.widgets.empty import EmptyState
from designer.widgets.fuzzy import fuzzy, spots
from designer.widgets.labels import Chip, ElidedLabel, KeyCap, StatusDot, hline, label, set_role
from designer.widgets.numbers import DoubleSpinBox, SpinBox
from designer.widgets.search import SearchField
from designer.widgets.section import Section
from designer.widgets.toast import Toast, Toaster
from designer.widgets.value_view import LoadBlob, ValueView
from designer.widgets.visible import visible

__all__ = [
    "IconButton", "Segmented", "Switch", "button", "DiffView", "EmptyState", "fuzzy", "spots", "Chip", "ElidedLabel",
    "KeyCap", "StatusDot", "hline", "label", "set_role", "DoubleSpinBox", "SpinBox", "SearchField", "Section", "Toast",
    "Toaster", "LoadBlob", "ValueView", "visible",
]  # fmt: skip
