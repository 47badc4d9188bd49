"""Files: read them in, write them whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.nodes import examples
from engine.nodes.capability import TOOL_RAW, CapabilityParams
from engine.nodes.context import Context
from engine.nodes.node_type import Needs, NodeType, ui
from engine.nodes.ports import ERROR, INPUT, TOOL, out
from engine.nodes.text import known_texts
from engine.nodes.tool_args import FileReadArgs, FileWriteArgs
from engine.workflow.shape import Port

_CONTENT = {
    "text": out("text", "text", "The file's text."),
    "json": out("value", "any", "The value in the file."),
    "csv": out("rows", "table", "One object a row, by the names in the first line."),
    "binary": out("file", "file", "The file itself, as a reference."),
}


def _content(params: Mapping[str, Any]) -> Port:
    parse = params.get("parse", "text")
    return _CONTENT.get(parse if isinstance(parse, str) else "", _CONTENT["text"])


class FileReadParams(FileReadArgs, CapabilityParams):
    """Which file, and as what."""


async def _read(ctx: Context, params: FileReadParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True)
    return {_CONTENT[params.parse].name: await ctx.call_tool("file.read", args)}


FILE_READ = NodeType(
    name="file.read",
    title="Read a file",
    summary="Reads a file as text, JSON, CSV rows or bytes.",
    category="Files",
    params=FileReadParams,
    inputs=(INPUT,),
    ports=lambda params: ((INPUT,), (_content(params), TOOL, ERROR)),
    main_of=lambda params: _content(params).name,
    run=_read,
    gives="file",
    chooses=("path",),
    raw=TOOL_RAW,
    capability=True,
    needs=lambda params: Needs(files=known_texts(params.get("path")), tools=("file.read",)),
    icon="file-input",
    words=("open", "load", "import", "csv", "json", "image", "document", "input"),
    example=examples.FILE_READ,
)


class FileWriteParams(FileWriteArgs, CapabilityParams):
    """Which file, what goes in, and what to do with one that is there."""

    content: Any = Field(
        default=None, description="What is written; without it, the value at `input`.", json_schema_extra=ui("prompt")
    )


async def _write(ctx: Context, params: FileWriteParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True)
    if "content" not in params.model_fields_set:
        args["content"] = inputs.get("input")
    return {"output": await ctx.call_tool("file.write", {"content": None, **args})}


FILE_WRITE = NodeType(
    name="file.write",
    title="Write a file",
    summary="Writes a whole file at once: it is there complete, or as it was before.",
    category="Files",
    params=FileWriteParams,
    inputs=(INPUT,),
    outputs=(out("output", "object", "{path, bytes, sha256}"), TOOL, ERROR),
    run=_write,
    chooses=("path", "mode"),
    raw=TOOL_RAW,
    capability=True,
    writes=lambda params: True,
    needs=lambda params: Needs(tools=("file.write",)),
    icon="file-output",
    words=("save", "export", "csv", "json", "output", "log", "append"),
    example=examples.FILE_WRITE,
)

TYPES = (FILE_READ, FILE_WRITE)
