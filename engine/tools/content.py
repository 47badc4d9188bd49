"""Bytes of a file as a value, and a value as bytes of a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from engine.errors import Refused, SignalboxError, StepError
from engine.nodes.tool_args import FileReadArgs, FileWriteArgs
from engine.tools.tool import Blobs
from engine.workflow.values import parse_json

# Numbers that come back as they were: no leading zeros (part numbers), no more digits than a float keeps.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?")


def parsed(data: bytes, args: FileReadArgs) -> Any:
    """The value in a text, JSON or CSV file; StepError `invalid` that says where it is broken."""
    if args.parse == "json":
        try:
            return parse_json(data, where=args.path, max_bytes=args.max_bytes)
        except Refused as error:
            raise StepError("invalid", str(error), retryable=False) from None
    text = _text(data, args.path)
    return _rows(text, args) if args.parse == "csv" else text


def written(args: FileWriteArgs, blobs: Blobs) -> bytes:
    """The bytes that `content` is in its format; StepError `invalid` when it has another shape."""
    content, kind = args.content, args.format
    if kind == "binary":
        sha = content.get("$blob") if isinstance(content, dict) else None
        if not isinstance(sha, str):
            raise _no_fit(args, "a file value")
        try:
            return blobs.get(sha)
        except (KeyError, OSError, SignalboxError):
            raise StepError("not_found", f"The file value for {args.path} is not kept here.", retryable=False) from None
    if kind == "csv":
        return _csv(args).encode()
    if kind == "text" or (kind is None and isinstance(content, str)):
        if not isinstance(content, str):
            raise _no_fit(args, "a text")
        return content.encode()
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _no_fit(args: FileWriteArgs, wanted: str) -> StepError:
    return StepError(
        "invalid", f"The content for {args.path} must be {wanted} (`format: {args.format}`).", retryable=False
    )


def _text(data: bytes, path: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise StepError(
            "invalid",
            f"{path} is not UTF-8 text: byte 0x{data[error.start]:02x} at position {error.start}, line {line}.",
            retryable=False,
        ) from None
    at = text.find("\0")
    if at >= 0:
        raise StepError("invalid", f"{path} is not text: it holds a NUL character at position {at}.", retryable=False)
    return text


def _rows(text: str, args: FileReadArgs) -> list[dict[str, Any]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=args.delimiter, strict=True)
    try:
        return list(_records(reader, args))
    except csv.Error as error:
        raise StepError("invalid", f"{args.path}, line {reader.line_num}: {error}.", retryable=False) from None


def _records(reader: Any, args: FileReadArgs) -> Iterator[dict[str, Any]]:
    names: list[str] = next(reader, [])
    if len(set(names)) < len(names) or not all(names):
        raise StepError("invalid", f"{args.path}, line 1: every column needs a name of its own.", retryable=False)
    value = _number if args.numbers else str
    for fields in reader:
        if not fields:
            continue  # an empty line
        if len(fields) > len(names):
            raise csv.Error(f"there are {len(fields)} fields, but {len(names)} columns")
        row: dict[str, Any] = {name: value(field) for name, field in zip(names, fields, strict=False)}
        for name in names[len(fields) :]:
            row[name] = None
        yield row


def _number(field: str) -> Any:
    if not _NUMBER.fullmatch(field):
        return field
    return int(field) if field.lstrip("-").isdigit() else float(field)


def _csv(args: FileWriteArgs) -> str:
    rows = args.content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _no_fit(args, "a list of objects")
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_field(row.get(name)) for name in names])
    return out.getvalue()


def _field(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
