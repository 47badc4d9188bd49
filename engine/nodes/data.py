"""Values without effects: set them, put them into text, let time pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from engine.errors import StepError
from engine.nodes import examples
from engine.nodes.capability import TOOL_RAW, CapabilityParams
from engine.nodes.context import Context
from engine.nodes.node_type import NodeType, Params, ui
from engine.nodes.ports import ERROR, INPUT, TOOL, out
from engine.nodes.text import as_text
from engine.workflow.model import Seconds
from engine.workflow.shape import Port

_OPEN_INPUT = Port("input", required=False, help="Takes any further port name as well.")


class SetParams(Params):
    """Names and what they stand for."""

    values: dict[str, Any] = Field(description="Names with values or expressions.")


async def _set(ctx: Context, params: SetParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"output": params.values}


SET = NodeType(
    name="data.set",
    title="Set values",
    summary="Makes an object of named values and expressions.",
    category="Data",
    params=SetParams,
    inputs=(_OPEN_INPUT,),
    outputs=(out("output", "object", "The object."), ERROR),
    run=_set,
    made_of="values",
    pure=True,
    open_inputs=True,
    icon="braces",
    words=("edit", "fields", "variables", "constant", "object", "map", "assign", "rename", "json"),
    example=examples.SET,
)


class TemplateParams(CapabilityParams):
    """Text with `{{ }}` in it."""

    text: Any = Field(
        description="The text; a lone expression that is no text becomes compact JSON.", json_schema_extra=ui("prompt")
    )


async def _template(ctx: Context, params: TemplateParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"output": as_text(params.text)}


TEMPLATE = NodeType(
    name="data.template",
    title="Text template",
    summary="Fills values into a text.",
    category="Data",
    params=TemplateParams,
    inputs=(_OPEN_INPUT,),
    outputs=(out("output", "text", "The text."), TOOL, ERROR),
    run=_template,
    raw=TOOL_RAW,
    made_of="text",
    pure=True,
    open_inputs=True,
    capability=True,
    icon="text-quote",
    words=("string", "format", "text", "message", "concatenate", "join", "prompt"),
    example=examples.TEMPLATE,
)


class WaitParams(Params):
    """For how long, or until when."""

    seconds: Seconds | None = Field(default=None, description="How long.")
    until: Annotated[str, Field(max_length=64)] | None = Field(
        default=None,
        description="A time with its zone, such as 2026-12-01T06:00:00+01:00.",
        json_schema_extra=ui("datetime"),
    )

    @field_validator("until")
    @classmethod
    def _is_a_time(cls, until: str | None) -> str | None:
        if until is not None and _moment(until) is None:
            raise ValueError(f"{until!r} is not a time with a zone, such as 2026-12-01T06:00:00+01:00")
        return until

    @model_validator(mode="after")
    def _one_of_both(self) -> WaitParams:
        if (self.seconds is None) == (self.until is None):
            raise ValueError("give `seconds` or `until`, one of both")
        return self


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


async def _wait(ctx: Context, params: WaitParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    seconds = params.seconds
    if seconds is None:
        due = _moment(params.until or "")
        if due is None:
            raise StepError("schema", f"{params.until!r} is not a time with a zone.", retryable=False)
        seconds = max(0.0, due - await ctx.now())
    await ctx.sleep(seconds)
    return {"output": inputs.get("input")}


WAIT = NodeType(
    name="wait",
    title="Wait",
    summary="Waits for some seconds or until a time; a restart does not start it over.",
    category="Control",
    params=WaitParams,
    inputs=(INPUT,),
    outputs=(out("output", help="The value at `input`."), ERROR),
    run=_wait,
    icon="hourglass",
    words=("sleep", "delay", "pause", "timer", "schedule", "until"),
    example=examples.WAIT,
)

TYPES = (SET, TEMPLATE, WAIT)
