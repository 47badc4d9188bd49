"""Where a run asks people: gates decide, forms ask for data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from engine.nodes import examples
from engine.nodes.node_type import NodeType, Params, ui
from engine.nodes.ports import ERROR, INPUT, out
from engine.nodes.schemas import JsonSchema, ObjectSchema
from engine.workflow.model import Seconds

Option = Literal["approve", "approve_with_changes", "send_back", "refuse"]
Risk = Literal["low", "medium", "high", "irreversible"]
Headline = Annotated[str, Field(min_length=1, max_length=500)]


class GateParams(Params):
    """What a gate asks, whom it waits for, and what silence means."""

    headline: Headline = Field(description="The question, in one line.")
    body: str | None = Field(
        default=None,
        max_length=20_000,
        description="What a person must know to answer.",
        json_schema_extra=ui("prompt"),
    )
    risk: Risk = Field(default="medium", description="How much care the answer needs.")
    value: Any = Field(default=None, description="What is approved; without it, the value at `input`.")
    editable: bool | list[str] = Field(default=False, description="Whether it, or which of its fields, may be changed.")
    value_schema: JsonSchema | None = Field(
        default=None, description="JSON Schema that a changed value must meet.", json_schema_extra=ui("json-schema")
    )
    form: ObjectSchema | None = Field(
        default=None, description="Further fields to fill in, as JSON Schema.", json_schema_extra=ui("json-schema")
    )
    required: int = Field(default=1, ge=1, le=100, description="How many people must approve.")
    others_only: bool = Field(
        default=False, description="Whether whoever started the run, or filled in a form in it, may not answer."
    )
    deadline_s: Seconds | None = Field(default=None, description="Seconds until `on_deadline`; none waits for ever.")
    on_deadline: Literal["expire", "approve", "refuse", "fail", "escalate"] = Field(
        default="expire", description="What happens when nobody has answered in time."
    )
    escalate_to: str = Field(default="", max_length=200, description="Who is asked next, for `escalate`.")
    escalate_s: Seconds | None = Field(default=None, description="How long they have; then the question expires.")
    options: list[Option] | None = Field(default=None, min_length=1, description="The answers that are offered.")

    @model_validator(mode="after")
    def _parts_fit(self) -> GateParams:
        if self.on_deadline != "expire" and self.deadline_s is None:
            raise ValueError(f"`on_deadline: {self.on_deadline}` needs a `deadline_s`")
        if self.on_deadline == "escalate" and not self.escalate_to:
            raise ValueError("`on_deadline: escalate` needs `escalate_to`")
        if self.options is not None and len(set(self.options)) < len(self.options):
            raise ValueError("an option is given twice")
        if self.options is not None and "approve_with_changes" in self.options and self.editable in (False, []):
            raise ValueError("`approve_with_changes` needs `editable`")
        return self


_GATE_VALUE = "{option, value, form, comment, by}"

GATE = NodeType(
    name="gate",
    title="Gate",
    summary="Holds the run until people approve, change, send back or refuse.",
    category="People",
    kind="gate",
    params=GateParams,
    inputs=(INPUT,),
    outputs=(
        out("approved", "object", f"Live when enough people approved: {_GATE_VALUE}."),
        out("refused", "object", f"Live when somebody refused: {_GATE_VALUE}."),
        out("sent_back", "object", f"Live when somebody sent it back with a comment: {_GATE_VALUE}."),
        out("expired", "object", "Live when nobody answered in time."),
        ERROR,
    ),
    main="approved",
    chooses=("required", "others_only", "options", "deadline_s", "on_deadline", "escalate_to", "escalate_s"),
    icon="shield-check",
    words=("approval", "approve", "human", "review", "confirm", "sign-off", "decision", "people"),
    example=examples.GATE,
)


class FormParams(Params):
    """What a form asks for."""

    headline: Headline = Field(description="What the form is about, in one line.")
    body: str | None = Field(
        default=None,
        max_length=20_000,
        description="What a person must know to fill it in.",
        json_schema_extra=ui("prompt"),
    )
    form: ObjectSchema = Field(description="The fields, as JSON Schema.", json_schema_extra=ui("json-schema"))
    deadline_s: Seconds | None = Field(default=None, description="Seconds until `on_deadline`; none waits for ever.")
    on_deadline: Literal["expire", "fail"] = Field(
        default="expire", description="What happens when nobody has answered in time."
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> FormParams:
        if self.on_deadline != "expire" and self.deadline_s is None:
            raise ValueError(f"`on_deadline: {self.on_deadline}` needs a `deadline_s`")
        return self


FORM = NodeType(
    name="form",
    title="Form",
    summary="Asks a person for data and checks it against a schema.",
    category="People",
    kind="form",
    params=FormParams,
    inputs=(INPUT,),
    outputs=(
        out("submitted", "object", "The fields as they were filled in."),
        out("expired", "object", "Live when nobody answered in time."),
        ERROR,
    ),
    main="submitted",
    icon="clipboard-list",
    words=("input", "ask", "human", "fill", "fields", "data", "entry", "people"),
    example=examples.FORM,
)

TYPES = (GATE, FORM)
