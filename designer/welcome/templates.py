"""The shipped workflows as the gallery shows them; whatever is in resources/templates turns up by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from designer.resources import template_files, tr
from designer.welcome.miniature import Miniature, miniature
from engine.errors import Refused
from engine.workflow.file import load_text
from engine.workflow.model import Workflow

SHOW_ME = "machine-alarm"
_HERE = re.compile(r"sqlite:|[a-z]+://(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)", re.IGNORECASE)
MOST_CHIPS = 3
_DEVICES = ("modbus.read", "modbus.write", "opcua.read", "opcua.write", "mqtt.read", "mqtt.publish", "serial.exchange")
"""Templates talk to a simulator that comes with the program and starts by itself."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A chip: its words, tone and icon."""

    text: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Template:
    """One card of the gallery."""

    name: str
    title: str
    summary: str
    tags: tuple[Tag, ...]
    steps: int
    picture: Miniature


def read(file: Path) -> Template | None:
    """The card of one file; None where it cannot be read, for a gallery is no place to report that."""
    try:
        workflow = load_text(file.read_bytes(), where=str(file))
    except (OSError, Refused):
        return None
    return Template(
        file.name.removesuffix(".workflow.yaml"),
        workflow.title or workflow.name,
        first_sentences(workflow.description),
        tags(workflow),
        len(workflow.nodes),
        miniature(workflow),
    )


def read_all() -> list[Template]:
    """All cards, in the order of `template_files`."""
    return [found for file in template_files() if (found := read(file)) is not None]


def first_sentences(text: str, most: int = 170) -> str:
    """The first sentence, and those after it that fit."""
    sentences = re.split(r"(?<=[.!?])\s+", " ".join(text.split()))
    taken = sentences[0]
    for sentence in sentences[1:]:
        if len(taken) + len(sentence) + 1 > most:
            break
        taken = f"{taken} {sentence}"
    return taken


def tags(workflow: Workflow) -> tuple[Tag, ...]:
    """What stands out in a workflow, in a few chips; "Offline" first where nothing in it leaves this PC."""
    types = {node.type for node in workflow.nodes}
    known = (
        (("agent",), Tag(tr("Agent"), "Models", "bot")),
        (_DEVICES, Tag(tr("Device"), "Tools", "gauge")),
        (("gate", "form"), Tag(tr("Approval"), "People", "shield-check")),
        (("model.ask", "model.choose", "onnx.run"), Tag(tr("Model"), "Models", "cpu")),
        (("sql.query",), Tag(tr("Database"), "Tools", "database")),
        (("each", "loop"), Tag(tr("Loop"), "Control", "repeat")),
        (("http.request",), Tag("HTTP", "Tools", "globe")),
    )
    found = [Tag(tr("Offline"), "done", "wifi-off")] if is_offline(workflow) else []
    found += [tag for kinds, tag in known if types & set(kinds)]
    return tuple(found[:MOST_CHIPS])


def is_offline(workflow: Workflow) -> bool:
    """Whether it is meant for this PC and names no address elsewhere."""
    addresses = [
        str(node.params.get("url", "")) for node in workflow.nodes if node.type in ("http.request", "sql.query")
    ]
    outside = [url for url in addresses if "://" in url and not url.startswith("{{") and not _HERE.match(url)]
    return workflow.placement == "edge" and not outside
