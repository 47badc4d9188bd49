"""Every colour of the program, once for each scheme. Nothing else in `designer` names a colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtGui import QColor

Scheme = Literal["light", "dark"]


class space:
    """Distances in pixels: everything sits on a grid of four."""

    XS: Final = 4
    S: Final = 8
    M: Final = 12
    L: Final = 16
    XL: Final = 24


class radius:
    """Rounding of corners: controls, cards, dialogs."""

    S: Final = 6
    M: Final = 8
    L: Final = 12


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one scheme by what they are for."""

    name: Scheme
    canvas: QColor
    dot: QColor
    surface: QColor
    """The window behind everything."""
    panel: QColor
    """Docks, bars and dialogs."""
    card: QColor
    card_top: QColor
    """The upper end of a card's gradient; also menus and tool tips."""
    inset: QColor
    """Fields and previews: a step deeper than what they stand on."""
    line: QColor
    line_strong: QColor
    text: QColor
    muted: QColor
    """Secondary text; at least 4.5:1 on every surface."""
    faint: QColor
    """Placeholders and disabled text."""
    accent: QColor
    accent_fill: QColor
    """The ground of primary buttons, under `on_accent`."""
    accent_soft: QColor
    on_accent: QColor
    hover: QColor
    pressed: QColor
    select: QColor
    focus: QColor
    danger: QColor
    danger_soft: QColor
    warning: QColor
    warning_soft: QColor
    success: QColor
    success_soft: QColor
    shadow: int
    wire_idle: int
    kind: Mapping[str, QColor]
    """By port type."""
    category: Mapping[str, QColor]
    """By category of node types."""
    status: Mapping[str, QColor]
    """By status of a step."""
    box: Mapping[str, QColor]
    """By colour of a frame or note."""
    risk: Mapping[str, QColor]

    def tone(self, name: str) -> QColor:
        """The colour that a word stands for: a token ("text" is one), status, risk, category, port or box colour."""
        found = getattr(self, name, None)
        if isinstance(found, QColor):
            return found
        for words in (self.status, self.risk, self.category, self.kind, self.box):
            if name in words:
                return words[name]
        return self.muted


def soft(color: QColor, alpha: int = 36) -> QColor:
    """The colour as a thin wash, for the ground of chips and icons."""
    return QColor(color.red(), color.green(), color.blue(), alpha)


def mix(a: QColor, b: QColor, part: float) -> QColor:
    """A colour between two, opaque: `part` of b over a."""
    rest = 1.0 - part
    return QColor(
        round(a.red() * rest + b.red() * part),
        round(a.green() * rest + b.green() * part),
        round(a.blue() * rest + b.blue() * part),
    )


def _colors(**names: str) -> dict[str, QColor]:
    return {name: QColor(value) for name, value in names.items()}


DARK = Tokens(
    name="dark",
    canvas=QColor("#0f1216"),
    dot=QColor("#262c35"),
    surface=QColor("#12151a"),
    panel=QColor("#171b21"),
    card=QColor("#1b2027"),
    card_top=QColor("#20262e"),
    inset=QColor("#11151a"),
    line=QColor("#2a313b"),
    line_strong=QColor("#3d4755"),
    text=QColor("#e9edf2"),
    muted=QColor("#98a3b2"),
    faint=QColor("#667180"),
    accent=QColor("#5b9dff"),
    accent_fill=QColor("#2f6fed"),
    accent_soft=QColor(91, 157, 255, 38),
    on_accent=QColor("#ffffff"),
    hover=QColor(255, 255, 255, 15),
    pressed=QColor(255, 255, 255, 26),
    select=QColor("#f2f5f9"),
    focus=QColor("#5b9dff"),
    danger=QColor("#ff6b6b"),
    danger_soft=QColor(255, 107, 107, 34),
    warning=QColor("#e0ad48"),
    warning_soft=QColor(224, 173, 72, 34),
    success=QColor("#3fca8b"),
    success_soft=QColor(63, 202, 139, 32),
    shadow=140,
    wire_idle=150,
    kind=_colors(
        any="#9aa7b8",
        text="#5aa9ff",
        number="#4fd1a5",
        boolean="#ff8fb1",
        object="#b18cff",
        list="#8f9dff",
        table="#2dd4e0",
        file="#c9b98a",
        image="#f08bd0",
        capability="#f5b64a",
    ),
    category=_colors(
        Data="#2dd4e0",
        Control="#6ea8fe",
        People="#ff9e7a",
        Models="#a58bff",
        Tools="#f5b64a",
        Files="#4fd1a5",
        missing="#8e99a8",
    ),
    status=_colors(
        idle="#7f8a99",
        pending="#7f8a99",
        running="#5b9dff",
        waiting="#d9a53f",
        asking="#ff9e5e",
        done="#3fca8b",
        failed="#ff6b6b",
        skipped="#7f8a99",
        cancelled="#98a3b2",
        reused="#55b9a6",
        disabled="#667180",
    ),
    box=_colors(blue="#4a7fd6", green="#3c9b74", yellow="#e6c65c", red="#c95d5d", violet="#8467d6", grey="#7c8796"),
    risk=_colors(low="#3fca8b", medium="#e0ad48", high="#ff8a5c", irreversible="#ff6b6b"),
)

LIGHT = Tokens(
    name="light",
    canvas=QColor("#f3f5f8"),
    dot=QColor("#d5dbe3"),
    surface=QColor("#f3f5f8"),
    panel=QColor("#ffffff"),
    card=QColor("#ffffff"),
    card_top=QColor("#ffffff"),
    inset=QColor("#f5f7fa"),
    line=QColor("#e0e5ec"),
    line_strong=QColor("#c5ced9"),
    text=QColor("#17202b"),
    muted=QColor("#5a6677"),
    faint=QColor("#8b96a5"),
    accent=QColor("#2563dc"),
    accent_fill=QColor("#2f6fed"),
    accent_soft=QColor(47, 111, 237, 26),
    on_accent=QColor("#ffffff"),
    hover=QColor(23, 32, 43, 13),
    pressed=QColor(23, 32, 43, 24),
    select=QColor("#17202b"),
    focus=QColor("#2f6fed"),
    danger=QColor("#c92f2f"),
    danger_soft=QColor(211, 58, 58, 24),
    warning=QColor("#996300"),
    warning_soft=QColor(208, 138, 16, 34),
    success=QColor("#0e7a50"),
    success_soft=QColor(18, 138, 92, 26),
    shadow=46,
    wire_idle=190,
    kind=_colors(
        any="#7d8a9b",
        text="#2b7de0",
        number="#159a70",
        boolean="#d44f7d",
        object="#7d52e0",
        list="#5563d6",
        table="#0a9bb0",
        file="#8d7a3c",
        image="#c0459a",
        capability="#d08a10",
    ),
    category=_colors(
        Data="#0a94a8",
        Control="#2f6fed",
        People="#d9622b",
        Models="#7450dc",
        Tools="#bd7a06",
        Files="#12906a",
        missing="#667385",
    ),
    status=_colors(
        idle="#6b7786",
        pending="#6b7786",
        running="#2563dc",
        waiting="#996300",
        asking="#c2511c",
        done="#0e7a50",
        failed="#c92f2f",
        skipped="#6b7786",
        cancelled="#5a6677",
        reused="#0b7d72",
        disabled="#8b96a5",
    ),
    box=_colors(blue="#5f93e8", green="#4fb38a", yellow="#f0d264", red="#e07f7f", violet="#9b82e6", grey="#98a3b1"),
    risk=_colors(low="#0e7a50", medium="#996300", high="#c2511c", irreversible="#c92f2f"),
)
SCHEMES: Mapping[Scheme, Tokens] = {"dark": DARK, "light": LIGHT}
