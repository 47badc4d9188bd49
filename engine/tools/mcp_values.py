"""What a server's tool gave, as a value of a workflow: text, structured content, pictures as files."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from engine import masks
from engine.errors import StepError
from engine.tools.tool import Blobs

_MEDIA = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*", re.IGNORECASE)


def value_of(result: Any, blobs: Blobs, max_bytes: int) -> dict[str, Any]:
    """`{text, content, structured}` of a call's result; StepError `limit` when it is too large."""
    left = max_bytes
    content = []
    for part in result.content:
        one, size = _part(part, blobs, left)
        left -= size
        if left < 0:
            raise StepError("limit", f"The result is larger than {max_bytes} bytes (`max_bytes`).", retryable=False)
        content.append(one)
    text = "\n".join(one["text"] for one in content if one["type"] == "text")
    return {"text": text, "content": content, "structured": _clean(result.structured_content)}


def said(result: Any, most: int = 500) -> str:
    """The text of a result that says that the call failed."""
    texts = [str(part.text) for part in result.content if part.type == "text"]
    return str(masks.clean(" ".join(" ".join(texts).replace("\0", "").split())))[:most]


def _part(part: Any, blobs: Blobs, left: int) -> tuple[dict[str, Any], int]:
    if part.type == "text":
        return {"type": "text", "text": _clean(part.text)}, len(part.text)
    if part.type in ("image", "audio"):
        return _file(part.type, part.data, part.mime_type, blobs, left)
    if part.type == "resource_link":
        # only named: whoever wants it asks for it, under the rules for asking
        link = {"type": "link", "uri": _clean(str(part.uri)), "name": _clean(part.name)}
        return link, len(link["uri"]) + len(link["name"])
    resource = part.resource
    if getattr(resource, "blob", None) is not None:
        return _file("file", resource.blob, resource.mime_type, blobs, left)
    return {"type": "text", "text": _clean(resource.text), "uri": _clean(str(resource.uri))}, len(resource.text)


def _file(kind: str, data: str, media_type: str | None, blobs: Blobs, left: int) -> tuple[dict[str, Any], int]:
    if len(data) > left:
        return {"type": kind}, len(data)
    try:
        found = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise StepError("schema", "The result holds a file that is not base64.", retryable=False) from None
    known = media_type if media_type and _MEDIA.fullmatch(media_type) else "application/octet-stream"
    return {"type": kind, "file": blobs.put(found, known.lower())}, len(data)


def _clean(value: Any) -> Any:
    """Without the one character that no store keeps."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value
