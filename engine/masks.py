"""Values of secrets in use, and how they are taken out of whatever is kept, logged or shown.

A value is looked for as it is, in base64 (also inside a longer text), base64url, hex, URL-encoded, JSON-, HTML- and
Python-escaped. What has been compressed, encrypted or taken apart cannot be found.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Shorter values are not looked for: they are in ordinary text."""
MASK = "***"
_LONG_LINE = 16
_LEAST_CORE = 5  # characters of base64 by which a value is known
_STANDARD, _URL_SAFE = "A-Za-z0-9+/", "A-Za-z0-9_-"

_values: dict[str, str] = {}
_made: dict[str, Any] = {}  # what is looked for, until another value comes
_lock = threading.RLock()


def hide(value: str, name: str = "") -> None:
    """From now on, put `secret://name` (*** without a name) in the place of this value, in this process."""
    if len(value) >= SHORTEST and (value not in _values or (name and not _values[value])):
        with _lock:
            _values[value] = name
            _made.clear()


def forget() -> None:
    """Look for none any more."""
    with _lock:
        _values.clear()
        _made.clear()


def clean(value: Any) -> Any:
    """The value with every secret masked, in texts and keys at any depth; the same object where there is none."""
    if not _values:
        return value
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(clean, value)) if type(value) in (list, tuple) else value
    return value


def clean_cut(text: str) -> str:
    """A text that was cut out of a longer one: half a secret at its beginning or end is masked, too."""
    text = clean(text)
    for value in tuple(_values):
        for size in range(len(value) - 1, SHORTEST, -1):
            if text.startswith(value[-size:]):
                text = MASK + text[size:]
            if text.endswith(value[:size]):
                text = text[:-size] + MASK
    return text


def clean_bytes(data: bytes) -> bytes:
    """Bytes of the same length, with stars in the place of every secret (as UTF-8 and UTF-16)."""
    for needle in _byte_needles() if _values else ():
        if needle in data:
            data = data.replace(needle, b"*" * len(needle))
    return data


class Stream:
    """Text that comes in pieces: what may turn out to be the beginning of a secret waits for the next piece."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be shown by now."""
        if not _values and not self._held:
            return text
        text = clean(self._held + text)
        size = _begun(text)
        self._held = text[len(text) - size :]
        return text[: len(text) - size]

    def end(self) -> str:
        """The rest, when nothing more comes; a good part of a secret is masked."""
        held, self._held = self._held, ""
        return held if len(held) <= SHORTEST else MASK


_Needle = tuple[str, Callable[[str], str]]


def _clean_text(text: str) -> str:
    for needle, replaced in _needles():
        if needle in text:
            text = replaced(text)
    return text


def _begun(text: str) -> int:
    """How many characters at the end of the text are the beginning of a form of a secret."""
    longest = 0
    for needle, _ in _needles():
        at = text.find(needle[0], max(0, len(text) - len(needle) + 1))
        while at >= 0 and len(text) - at > longest:
            if needle.startswith(text[at:]):
                longest = len(text) - at
                break
            at = text.find(needle[0], at + 1)
    return longest


def _needles() -> tuple[_Needle, ...]:
    """What is looked for, the longest first, so that a secret inside another one does not spoil it."""
    known: tuple[_Needle, ...] | None = _made.get("text")
    if known is None:
        with _lock:  # or a value that comes meanwhile would be forgotten
            known = _made["text"] = _all_needles()
    return known


def _all_needles() -> tuple[_Needle, ...]:
    found = {needle: one for value, name in _values.items() for needle, one in reversed(_needles_of(value, name))}
    return tuple(sorted(found.items(), key=lambda one: -len(one[0])))


@lru_cache(maxsize=10_000)
def _needles_of(value: str, name: str) -> tuple[_Needle, ...]:
    mask = f"secret://{name}" if name else MASK
    plain = [(form, partial(_replaced, form=form, mask=mask)) for form in dict.fromkeys(_forms(value)) if form]
    raw = value.encode("utf-8", "surrogatepass")
    coded = [(core, partial(_matched, pattern=pattern, mask=mask)) for core, pattern in _cores(raw)]
    return (*plain, *coded)


def _replaced(text: str, *, form: str, mask: str) -> str:
    return text.replace(form, mask)


def _matched(text: str, *, pattern: re.Pattern[str], mask: str) -> str:
    return pattern.sub(lambda _: mask, text)


def _byte_needles() -> tuple[bytes, ...]:
    known: tuple[bytes, ...] | None = _made.get("bytes")
    if known is None:
        with _lock:
            texts = [needle for needle, _ in _needles()]
            codes = ("utf-8", "utf-16-le", "utf-16-be")
            found = {text.encode(code, "surrogatepass") for text in texts for code in codes}
            known = _made["bytes"] = tuple(sorted(found, key=len, reverse=True))
    return known


def _forms(value: str) -> Iterator[str]:
    raw = value.encode("utf-8", "surrogatepass")
    plain = json.dumps(value)[1:-1]
    wide = json.dumps(value, ensure_ascii=False)[1:-1]
    yield from (value, " ".join(value.split()), plain, wide, plain.replace("/", "\\/"))
    yield from (json.dumps(plain)[1:-1], json.dumps(wide)[1:-1], json.dumps(wide, ensure_ascii=False)[1:-1])
    yield from (repr(value)[1:-1], html.escape(value), html.escape(value, quote=False))
    for coded in (quote(raw, safe=""), quote(raw), quote_plus(raw), "".join(f"%{byte:02X}" for byte in raw)):
        yield from (coded, re.sub(r"%..", lambda found: found[0].lower(), coded))
    yield from (raw.hex(), raw.hex().upper(), raw.hex(":"), raw.hex(" "))
    if "\n" in value:  # a key in many lines: each of them says something
        for line in value.splitlines():
            if len(line) >= _LONG_LINE and not line.startswith("-----"):
                yield from (line, *(core for core, _ in _cores(line.encode("utf-8", "surrogatepass"))))


def _cores(raw: bytes) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The characters of base64 that come from these bytes alone, wherever they begin in what was encoded."""
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        first, last = (0, 2, 3)[offset], (offset + len(raw)) * 8 // 6
        core = text[first:last]
        if len(core) < _LEAST_CORE:
            continue
        for letters, form in ((_STANDARD, core), (_URL_SAFE, core.replace("+", "-").replace("/", "_"))):
            before, after = "?" if offset else "{0}", "?" if (offset + len(raw)) % 3 else "{0}"
            yield form, re.compile(f"[{letters}]{before}{re.escape(form)}(?:[{letters}]{after}={{0,2}})")
