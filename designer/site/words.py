"""Sizes, times and the words of the engine as a person of this place reads them."""

from __future__ import annotations

import time

from PySide6.QtCore import QDateTime, QLocale

from designer.resources import signs, tr, tr_later

KINDS = {"gguf": "GGUF", "onnx": "ONNX", "remote": tr_later("Remote", "site"), "lora": tr_later("Adapter", "site")}
PLACES = {
    "edge": tr_later("On this PC", "site"),
    "cloud": tr_later("Cloud", "site"),
    "either": tr_later("Either", "site"),
}
PLACE_ICONS = {"edge": "monitor", "cloud": "cloud", "either": "arrow-left-right"}
EFFECTS = {
    "pure": tr_later("Changes nothing", "site"),
    "idempotent": tr_later("Same when repeated", "site"),
    "checkable": tr_later("Can be looked up", "site"),
    "at_most_once": tr_later("At most once", "site"),
}
EFFECT_HELP = {
    "pure": tr_later("It reads only. After an interruption it is simply done again.", "site"),
    "idempotent": tr_later("Doing it twice is the same as doing it once, so it is done again.", "site"),
    "checkable": tr_later("After an interruption the tool first looks up whether it happened.", "site"),
    "at_most_once": tr_later("After an interruption nobody repeats it: a person is asked.", "site"),
}
RISKS = {
    "low": tr_later("Low", "site"),
    "medium": tr_later("Medium", "site"),
    "high": tr_later("High", "site"),
    "irreversible": tr_later("Irreversible", "site"),
}
APPROVALS = {
    "never": tr_later("Never", "site"),
    "first": tr_later("First call", "site"),
    "each": tr_later("Each call", "site"),
    "when_tainted": tr_later("Untrusted text", "site"),
}
APPROVAL_HELP = {
    "never": tr_later("Nobody is asked before an agent calls it, unless the node says otherwise.", "site"),
    "first": tr_later("A person is asked before the first call in a run.", "site"),
    "each": tr_later("A person is asked before every call.", "site"),
    "when_tainted": tr_later("A person is asked when text that nobody here wrote chooses what is done.", "site"),
}
STATES = {
    "ok": tr_later("In order", "site"),
    "failed": tr_later("Out of order", "site"),
    "blocked": tr_later("Blocked", "site"),
    "unknown": tr_later("Not checked", "site"),
}
STATE_TONES = {"ok": "done", "failed": "failed", "blocked": "asking", "unknown": "idle"}
SOURCES = {
    "person": tr_later("A person", "site"),
    "file": tr_later("A file", "site"),
    "web": tr_later("The web", "site"),
    "tool": tr_later("A tool", "site"),
    "model": tr_later("A model", "site"),
}


def word(table: dict[str, str], key: str) -> str:
    """A word of one of the tables above; an unknown one as it is."""
    return tr(table[key], "site") if key in table else key


def size(count: int | None) -> str:
    """`742 MB`, `4.1 GB`; "" when it is not known."""
    if count is None:
        return ""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return signs(f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}")
        amount /= 1000
    return signs(f"{amount:.1f} GB")


def tokens(count: int | None) -> str:
    """A context's length: `4K`, `128K`, `512`."""
    if count is None:
        return ""
    return f"{count // 1024}K" if count >= 1024 else str(count)


def rate(speed: float) -> str:
    """Tokens a second."""
    return tr("{n} tokens/s", "site").format(n=signs(f"{speed:.1f}" if speed < 9.95 else f"{speed:,.0f}"))


def ago(at: float | None, now: float | None = None) -> str:
    """`just now`, `5 min ago`, `3 h ago`, a date; "" when there is no moment."""
    if at is None:
        return ""
    past = (time.time() if now is None else now) - at
    if past < 60:
        return tr("just now", "site")
    if past < 3600:
        return tr("{n} min ago", "site").format(n=int(past // 60))
    if past < 86_400:
        return tr("{n} h ago", "site").format(n=int(past // 3600))
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(round(at)).date(), QLocale.FormatType.ShortFormat)


def clock(at: float | None) -> str:
    """Date and time of a moment, for tool tips."""
    return (
        ""
        if at is None
        else QLocale().toString(QDateTime.fromSecsSinceEpoch(round(at)), QLocale.FormatType.ShortFormat)
    )
