"""`<data folder>/settings.json`: read with one sentence for what is wrong, written all or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.errors import Refused
from engine.platform import atomic_write
from engine.settings.everything import Settings
from engine.settings.mcp import McpServer
from engine.settings.roles import RoleSetting

FILE = "settings.json"
MAX_FILE_BYTES = 1_000_000


def load(data: Path) -> Settings:
    """The settings of a data folder; defaults where there is no file. Refused when it cannot be read or understood."""
    file = data / FILE
    try:
        with file.open("rb") as source:
            raw = source.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise Refused(f"The settings cannot be read: {error.strerror}.", where=str(file)) from None
    return parse(raw, where=str(file))


def stamp(data: Path) -> tuple[int, int, int] | None:
    """What changes when the settings file does; None where there is none."""
    try:
        found = (data / FILE).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def parse(raw: bytes, *, where: str = FILE) -> Settings:
    """Settings from the bytes of a settings file; Refused with one sentence otherwise."""
    if len(raw) > MAX_FILE_BYTES:
        raise Refused(f"The settings are larger than {MAX_FILE_BYTES} bytes.", where=where)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"Byte {error.start} is not UTF-8.", where=where, remedy="Save the file as UTF-8.") from None
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        raise Refused(f"Not JSON: {error.msg}.", where=f"{where}:{error.lineno}:{error.colno}") from None
    except RecursionError:
        raise Refused("The JSON is nested too deeply.", where=where) from None
    except ValueError as error:
        raise Refused(str(error), where=where) from None
    if not isinstance(value, dict):
        raise Refused("Settings are a JSON object: { … }.", where=where)
    try:
        return Settings.model_validate(value)
    except ValidationError as error:
        raise Refused(_sentence(error), where=where) from None


def save(settings: Settings, data: Path) -> None:
    """Write the settings that differ from the defaults, all or nothing. Refused when the folder cannot be written."""
    given = settings.model_dump(mode="json", exclude_defaults=True)
    try:
        data.mkdir(parents=True, exist_ok=True)
        atomic_write(data / FILE, (json.dumps(given, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise Refused(f"The settings cannot be written: {error.strerror}.", where=str(data / FILE)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"{twice!r} is there twice.")
    return value


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        owners: dict[object, type[BaseModel]] = {"roles": RoleSetting, "mcp_servers": McpServer}
        known = owners.get(first["loc"][0], Settings).model_fields
        return f"There is no setting `{name}`; there are: {', '.join(known)}."
    message = first["msg"].removeprefix("Value error, ")
    return f"The setting `{name}`: {message[:1].lower()}{message[1:].rstrip('.')}."
