"""What one agent hands to the next: enough to go on without asking again (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from engine.errors import StepError
from engine.nodes.budget import Budget
from engine.nodes.node_type import Params
from engine.workflow.canonical import value_json

MAX_BYTES = 256 * 1024
Line = Annotated[str, Field(min_length=1, max_length=2000)]


class ToolResult(Params):
    """A tool call that was made, and what came of it."""

    tool: str
    args: dict[str, Any]
    result: Any


class Envelope(Params):
    """Goal and reason are the sender's words; facts start with what the first agent was given.

    `fields` are those of the sender's contract, nothing more and nothing less; None where it declares none.
    """

    goal: Line
    reason: Line
    fields: dict[str, Any] | None = None
    facts: list[Any] = []
    open_questions: list[Line] = []
    tool_results: list[ToolResult] = []
    budget_left: Budget = Budget()


_ALWAYS = frozenset(Envelope.model_fields) - {"fields"}


def received(value: Any) -> Envelope | None:
    """The envelope that this input is, or None when it is something else."""
    if not isinstance(value, Mapping) or set(value) - {"fields"} != _ALWAYS:
        return None
    try:
        return Envelope.model_validate(value)
    except ValidationError:
        return None


def shown(value: Any) -> Any:
    """An input as an agent reads it: of an envelope with declared fields, what is for it and not for its engine."""
    if not isinstance(value, Mapping) or value.get("fields") is None or received(value) is None:
        return value
    return {name: part for name, part in value.items() if name != "budget_left" and part != []}


def sealed(
    given: Any,
    *,
    goal: str,
    reason: str,
    open_questions: list[str],
    tool_results: list[ToolResult],
    budget_left: Budget,
    fields: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A valid envelope as JSON, on top of one that the sender may have received; StepError `schema` or `limit`."""
    before = received(given)
    try:
        envelope = Envelope(
            goal=goal,
            reason=reason,
            fields=fields,
            facts=_facts(before) if before else [given],
            open_questions=open_questions,
            tool_results=[*(before.tool_results if before else []), *tool_results],
            budget_left=budget_left,
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise StepError("schema", f"The hand-off is wrong at `{place}`: {first['msg']}.") from None
    value: dict[str, Any] = envelope.model_dump(exclude={"fields"} if fields is None else None)
    value["budget_left"] = budget_left.said()
    size = len(value_json(value).encode())
    if size > MAX_BYTES:
        raise StepError("limit", f"The hand-off has {size} bytes; {MAX_BYTES} is the most.", retryable=False)
    return value


def _facts(before: Envelope) -> list[Any]:
    """What the first agent was given, and what was handed over on the way here, each once."""
    handed = [] if before.fields is None or before.fields in before.facts else [before.fields]
    return [*before.facts, *handed]
