"""A node type said once: params, ports, an async function; palette, form, checks, help and execution derive from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict
from pydantic.fields import ComputedFieldInfo, FieldInfo

from engine.nodes.context import Context
from engine.workflow.shape import Kind, Port, Shape, Source

Category = Literal["Data", "Control", "People", "Models", "Tools", "Files"]


Hint = Literal[
    "prompt",  # a long text with {{ }}
    "expression",  # one CEL expression, without {{ }}
    "secret",  # a text, or a mapping of texts, that may hold secret://name
    "role",
    "file",
    "save-file",
    "directory",
    "workflow",
    "json-schema",
    "sql",
    "code",  # a long text that is no prose
    "datetime",
]


def ui(hint: Hint) -> JsonDict:
    """What a form should know of a param that its JSON Schema cannot say, for `Field(json_schema_extra=…)`."""
    return {"x-ui": hint}


_SHORT = {"url": "URL", "sql": "SQL", "json": "JSON", "cwd": "Working folder", "env": "Environment", "argv": "Command"}
_SHORT |= {
    "qos": "QoS",
    "ca": "CA",
    "k": "How many",
    "stdin": "Standard input",
    "id": "ID",
    "ok": "OK",
    "max": "Most",
    "s": "(seconds)",
}


def _label(name: str, field: FieldInfo | ComputedFieldInfo) -> str:
    """`deadline_s` -> `Deadline (seconds)`: what a form writes beside a field."""
    words = (getattr(field, "alias", None) or name).split("_")
    text = " ".join(_SHORT.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


class Params(BaseModel):
    """Base of params models: unknown ones are refused when a step runs, and reported by checks."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, field_title_generator=_label)


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be there before a run can start; checks and offline reports read it.

    `roles` are model roles, `files` paths that must exist, `tools` names in the tool registry, `workflows` names in
    the library, `secrets` names of secrets, `sends` pairs of a secret and the address that it goes to, as far as known,
    `servers` pairs of an MCP server's name and one of its tools. Values that
    hold a `{{` are not known yet and left out.
    """

    roles: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    sends: tuple[tuple[str, str], ...] = ()
    servers: tuple[tuple[str, str], ...] = ()


Run = Callable[[Context, Any, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""`run(ctx, params, inputs) -> {port: value}`: only the named ports are live. Raises StepError to fail the attempt."""


@dataclass(frozen=True)
class NodeType:
    """Everything the program knows of one kind of node.

    `params` is rendered (every `{{ }}` evaluated) and validated before `run` sees it. `raw` names the params that are
    *not* rendered because the type evaluates them itself (a branch's `when`, a loop's `until`). `ports(params)`, where
    given, derives the ports from the raw params and wins over `inputs`/`outputs`, and `main_of(params)` over `main`;
    neither may raise, whatever a person wrote. `pure` means: no effects at all, so the step may run ahead of the disk
    (SEMANTICS §4). `capability` means: it can be wired into an agent's `tools` port through its output port `tool`; its
    `input` scope is then the arguments that the model gave. `writes(params)` says whether it changes the world (the
    "no gate before it" check). `gives`, `chooses` and `opaque` are its tool's: where results come from, which params
    say where to or what. `made_of` names the one param that its outputs are made of, and `described` says that a server
    describes it to agents: by them is known where what it gives comes from. `needs(params)` gets raw params. `icon` is
    a Lucide name, `words` what else people call it (for searching), `example` a whole workflow file.
    """

    name: str
    title: str
    summary: str
    category: Category
    params: type[BaseModel]
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    main: str = "output"
    kind: Kind = "task"
    run: Run | None = None
    raw: frozenset[str] = frozenset()
    ports: Callable[[Mapping[str, Any]], tuple[tuple[Port, ...], tuple[Port, ...]]] | None = None
    main_of: Callable[[Mapping[str, Any]], str] | None = None
    pure: bool = False
    hand_off: bool = False
    open_inputs: bool = False
    capability: bool = False
    writes: Callable[[Mapping[str, Any]], bool] = field(default=lambda params: False)
    needs: Callable[[Mapping[str, Any]], Needs] = field(default=lambda params: Needs())
    version: int = 1
    gives: Source | None = None
    chooses: tuple[str, ...] = ()
    opaque: str = ""
    made_of: str = ""
    described: bool = False
    icon: str = "box"
    words: tuple[str, ...] = ()
    example: str = ""

    def shape(self, params: Mapping[str, Any]) -> Shape:
        """The node as the core sees it, for these raw params."""
        inputs, outputs = self.ports(params) if self.ports else (self.inputs, self.outputs)
        return Shape(
            kind=self.kind,
            inputs=inputs,
            outputs=outputs,
            main=self.main_of(params) if self.main_of else self.main,
            pure=self.pure,
            version=self.version,
            hand_off=self.hand_off,
            open_inputs=self.open_inputs,
            raw=self.raw,
            made_of=self.made_of,
            described=self.described,
        )
