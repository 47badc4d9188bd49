"""Event <-> stored body: values too large for a row are moved to blobs and put back.

What was moved is listed in the body itself (`"$blobs": [["outputs", "rows"]]`), so that a user's value which merely
looks like a blob reference stays what it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from engine.run.events import Event, from_json, to_json
from engine.store.errors import Corrupt, Unstorable

BIG_VALUE = 64 << 10
BIG_BODY = 256 << 10
_MOVED = "$blobs"
_ENVELOPE = frozenset({"run", "seq", "at", "actor", "host", "epoch", "batch", "node", "visit", "kind", "key"})
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_MANY: TypeAdapter[list[Event]] = TypeAdapter(list[Annotated[Event, Field(discriminator="kind")]])

Put = Callable[[bytes, str], Any]
Get = Callable[[str], bytes]


def encode(event: Event, put: Put) -> str:
    """The body to store; large values go through `put(bytes, media_type) -> BlobRef` first. Unstorable if not JSON."""
    try:
        body = to_json(event)
    except (ValueError, RecursionError) as error:  # pydantic's serialisation errors are ValueErrors
        raise Unstorable(event.run, event.seq, " ".join(str(error).split())[:300]) from error
    if len(body) <= BIG_VALUE and (body.isascii() or len(body.encode()) <= BIG_VALUE):
        return body
    return _move(body, put)


def decode(body: str, get: Get) -> str:
    """The body with every moved value back in its place; Corrupt when a blob is missing or damaged."""
    if '"$blobs":' not in body:
        return body
    document = json.loads(body)
    moved = document.pop(_MOVED, None)
    if moved is None:  # the words stand in a user's value
        return body
    for place in reversed(moved):
        try:
            holder, name = _holder(document, place)
            holder[name] = json.loads(get(holder[name]["$blob"]))
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise Corrupt(f"A stored event names a blob in a way that cannot be followed: {place!r}.") from error
    return _dumps(document)


def parse(bodies: list[str], get: Get) -> list[Event]:
    """Stored bodies as whole events; Corrupt when one cannot be read. Many at once cost a third of one by one."""
    try:
        text = f"[{','.join(bodies)}]"
        if '"$blobs":' in text:
            bodies = [decode(body, get) for body in bodies]
            text = f"[{','.join(bodies)}]"
    except TypeError as error:  # a damaged row gives bytes or a number for text
        raise Corrupt("A stored event is not text; run `signalboxctl verify`.") from error
    try:
        events = _MANY.validate_json(text)
        if len(events) == len(bodies):
            return events
    except ValueError:
        pass
    events = []
    for body in bodies:  # one by one, so that broken bodies cannot complete each other and the error names its event
        try:
            events.append(from_json(body))
        except ValueError as error:
            raise Corrupt(f"A stored event cannot be read: {' '.join(str(error).split())[:300]}") from error
    return events


def _holder(document: Any, place: list[str]) -> tuple[Any, str]:
    return (document, place[0]) if len(place) == 1 else (document[place[0]], place[1])


def _move(body: str, put: Put) -> str:
    """Move values over BIG_VALUE, then the largest ones until the body fits BIG_BODY, then whole fields."""
    document = json.loads(body)
    moved: list[list[str]] = []
    left = len(body.encode())

    def move(place: list[str]) -> None:
        nonlocal left
        holder, name = _holder(document, place)
        data = _dumps(holder[name]).encode()
        holder[name] = put(data, "application/json").value()
        moved.append(place)
        left -= len(data)

    for size, place in _sizes(_values(document), document):
        if size > BIG_VALUE or (left > BIG_BODY and size > 1024):
            move(place)
    for _size, place in _sizes([[name] for name in document if name not in _ENVELOPE], document):
        if left > BIG_BODY and place not in moved:
            move(place)
    if moved:
        document[_MOVED] = moved
    return _dumps(document)


def _values(document: dict[str, Any]) -> list[list[str]]:
    places = []
    for field, value in document.items():
        if field in _ENVELOPE:
            continue
        if isinstance(value, dict):
            places += [[field, name] for name in value]
        else:
            places.append([field])
    return places


def _sizes(places: list[list[str]], document: dict[str, Any]) -> list[tuple[int, list[str]]]:
    """Bytes and place of each value, largest first."""
    sized = []
    for place in places:
        holder, name = _holder(document, place)
        sized.append((len(_dumps(holder[name]).encode()), place))
    return sorted(sized, key=lambda one: -one[0])
