"""Which values may enter a document or a journal: JSON that every store, tool and language reads back the same."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from engine.errors import Refused

MAX_DEPTH = 100
MAX_BYTES = 64 * 1024 * 1024
_MAX_INT_BITS = 14_000  # Python refuses to print longer ones (4,300 digits)
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
# Cheap signs that the slow walk over the parsed value is needed: escapes that can hide NUL or half a character, and
# numbers that can be infinite.
_SUSPECT = re.compile(r"\\u0000|\\u[dD][89a-fA-F]|[eE]\+?\d{3}|\d{300}")


def parse_json(text: str | bytes, *, where: str = "", max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Read one strict JSON value; Refused for anything that another reader could take differently.

    Refused are NaN and infinities, keys given twice, NUL and halves of characters, more than `max_depth` levels,
    more than `max_bytes` bytes, invalid UTF-8.
    """
    source = decode(text, where=where, max_bytes=max_bytes)
    _refuse_depth(source, where, max_depth)
    try:
        value = json.loads(source, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Refused(
            f"this is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.", where=where
        ) from None
    except _Fault as fault:
        raise Refused(str(fault), where=where) from None
    except ValueError:
        raise Refused("a whole number has more than 4,300 digits.", where=where, remedy="Write it as text.") from None
    if _SUSPECT.search(source):
        check_value(value, where=where, max_depth=max_depth)
    return value


def decode(text: str | bytes, *, where: str = "", max_bytes: int = MAX_BYTES) -> str:
    """Text from UTF-8 bytes without its byte order mark; Refused when too large or not UTF-8."""
    if len(text) > max_bytes:
        raise Refused(
            f"this is too large ({len(text) / 1048576:.1f} MiB); {max_bytes / 1048576:g} MiB is the most.",
            where=where,
            remedy="Keep data in files of their own and name them.",
        )
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise Refused(
            f"line {line} is not UTF-8 text (byte 0x{text[error.start]:02x}).",
            where=where,
            remedy="Save the file as UTF-8.",
        ) from None


def check_value(value: Any, *, where: str = "", max_depth: int = MAX_DEPTH) -> None:
    """Refuse what is no JSON value, or holds NUL, half a character, NaN, infinity or too many levels."""
    kind = type(value)
    if value is None or kind is bool:
        return
    if kind is str:
        fault = _text_fault(value)
    elif kind is int or kind is float:
        fault = _number_fault(value)
    else:
        fault = _walk(value, max_depth)
    if fault:
        raise Refused(fault, where=where)


class _Fault(Exception):
    pass


def _walk(value: Any, max_depth: int) -> str:
    level, depth = [value], 0
    while level:
        depth += 1
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if item is None or kind is bool:
                continue
            if kind is str:
                fault = _text_fault(item)
            elif kind is int or kind is float:
                fault = _number_fault(item)
            elif kind is list or kind is tuple:
                fault = ""
                below.extend(item)
            elif kind is dict:
                fault = next((f for f in map(_key_fault, item) if f), "")
                below.extend(item.values())
            else:
                fault = f"a value of type {kind.__name__} is not JSON."
            if fault:
                return fault
        if depth > max_depth and below:
            return f"the value is nested deeper than {max_depth} levels."
        level = below
    return ""


def _key_fault(key: Any) -> str:
    return _text_fault(key) if type(key) is str else f"the key {key!r} is not a text."


def _text_fault(text: str) -> str:
    if "\0" in text:
        return "a text holds the NUL character, which no store keeps."
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "a text holds half a character (a lone surrogate)."
    return ""


def _number_fault(number: Any) -> str:
    if isinstance(number, float):
        return "" if math.isfinite(number) else f"{number} is not a JSON number."
    return "" if number.bit_length() <= _MAX_INT_BITS else "a whole number has more than 4,300 digits."


def _refuse_depth(source: str, where: str, max_depth: int) -> None:
    if source.count("[") + source.count("{") <= max_depth:
        return
    depth = 0
    for match in _TOKEN.finditer(source):
        sign = match[0]
        if sign == "[" or sign == "{":
            depth += 1
            if depth > max_depth:
                line = source.count("\n", 0, match.start()) + 1
                raise Refused(f"line {line} is nested deeper than {max_depth} levels.", where=where)
        elif sign == "]" or sign == "}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Fault(f"the key {key!r} is given twice.")
            seen.add(key)
    return found


def _no_constant(name: str) -> NoReturn:
    raise _Fault(f"{name} is not a JSON number.")
