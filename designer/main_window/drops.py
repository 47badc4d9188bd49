"""What a dropped file becomes: a workflow is opened, other files become the node that reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl

from designer.document import edits
from designer.document.clipboard import read_text
from designer.main_window.node_list import NODE_TEXT
from designer.resources import tr
from engine.errors import Refused
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Node, Workflow

WORKFLOWS = (".workflow.yaml", ".workflow.yml")
TABLES = {".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "text", ".txt": "text", ".md": "text"}
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
MODELS = (".gguf", ".onnx")
STEP = 180.0


@dataclass(frozen=True, slots=True)
class Dropped:
    """What to do with a drop: workflows to open, or an edited workflow with the new nodes."""

    open: tuple[Path, ...] = ()
    workflow: Workflow | None = None
    keys: tuple[str, ...] = ()
    label: str = ""
    models: tuple[tuple[str, Path], ...] = ()
    """Roles that the dropped model files are to be known by."""


def dropped(workflow: Workflow, urls: tuple[str, ...], text: str, at: tuple[float, float]) -> Dropped:
    """The meaning of a drop; Refused with a sentence for what has none."""
    if text.startswith(NODE_TEXT):
        name = text.removeprefix(NODE_TEXT).strip()
        if name not in CATALOG:
            raise Refused(tr("There is no node type {name}.").format(name=name))
        key = edits.fresh_key(workflow, name)
        title = tr("Add {node}").format(node=tr(CATALOG[name].title, "NodeType"))
        return Dropped(workflow=edits.add(workflow, Node(key=key, type=name), at), keys=(key,), label=title)
    if not urls and text.strip():
        after, keys = edits.paste(workflow, read_text(text), at)
        return Dropped(workflow=after, keys=keys, label=tr("Paste"))
    paths = [Path(QUrl(url).toLocalFile()) for url in urls if QUrl(url).isLocalFile()]
    if not paths:
        raise Refused(tr("Only files from this PC can be dropped here."))
    files = tuple(path for path in paths if path.name.endswith(WORKFLOWS))
    if files:
        return Dropped(open=files)
    after = workflow
    made: list[str] = []
    for path in paths:
        node = _node(after, path)
        after = edits.add(after, node, (at[0], at[1] + STEP * len(made)))
        made.append(node.key)
    models = tuple((role_name(path), path) for path in paths if path.suffix.lower() in MODELS)
    return Dropped(workflow=after, keys=tuple(made), label=tr("Add dropped files"), models=models)


def role_name(path: Path) -> str:
    """The role that a model file is known by: its name in small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "model"


def _node(workflow: Workflow, path: Path) -> Node:
    suffix = path.suffix.lower()
    params: dict[str, Any]
    if suffix == ".gguf":
        kind, params = "agent", {"instructions": tr("Answer from the input."), "model": role_name(path)}
    elif suffix == ".onnx":
        kind, params = "onnx.run", {"role": role_name(path)}
    elif suffix in IMAGES:
        kind, params = "file.read", {"path": str(path), "parse": "binary"}
    elif suffix in TABLES:
        kind, params = "file.read", {"path": str(path), "parse": TABLES[suffix]}
    elif suffix in (".db", ".sqlite", ".sqlite3"):
        kind, params = "sql.query", {"database": str(path), "sql": "SELECT 1"}
    elif path.is_dir():
        raise Refused(tr("A folder cannot be dropped here; drop its files."), where=path.name)
    else:
        kind, params = "file.read", {"path": str(path), "parse": "text"}
    return Node(key=edits.fresh_key(workflow, kind), type=kind, title=path.name, params=params)
