"""What one agent hands to the next: enough to go on without asking again (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from engine.errors import StepError
from engine.nodes.node_type import Params
from engine.workflow.canonical import value_json

MAX_BYTES = 256 * 1024
Line = Annotated[str, Field(min_length=1, max_length=2000)]


class ToolResult(Params):
    """A tool call that was made, and what came of it."""

    tool: str
    args: dict[str, Any]
    result: Any


class Budget(Params):
    """What the agents of a team have left together; None is without limit."""

    tokens: Annotated[int, Field(ge=0)] | None = None


class Envelope(Params):
    """Goal and reason are the sender's words; facts start with what the first agent was given."""

    goal: Line
    reason: Line
    facts: list[Any] = []
    open_questions: list[Line] = []
    tool_results: list[ToolResult] = []
    budget_left: Budget = Budget()


def received(value: Any) -> Envelope | None:
    """The envelope that this input is, or None when it is something else."""
    if not isinstance(value, Mapping) or set(value) != set(Envelope.model_fields):
        return None
    try:
        return Envelope.model_validate(value)
    except ValidationError:
        return None


def sealed(
    given: Any,
    *,
    goal: str,
    reason: str,
    open_questions: list[str],
    tool_results: list[ToolResult],
    tokens_left: int | None,
) -> dict[str, Any]:
    """A valid envelope as JSON, on top of one that the sender may have received; StepError `schema` or `limit`."""
    before = received(given)
    try:
        envelope = Envelope(
            goal=goal,
            reason=reason,
            facts=before.facts if before else [given],
            open_questions=open_questions,
            tool_results=[*(before.tool_results if before else []), *tool_results],
            budget_left=Budget(tokens=tokens_left),
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise StepError("schema", f"The hand-off is wrong at `{place}`: {first['msg']}.") from None
    value: dict[str, Any] = envelope.model_dump()
    size = len(value_json(value).encode())
    if size > MAX_BYTES:
        raise StepError("limit", f"The hand-off has {size} bytes; {MAX_BYTES} is the most.", retryable=False)
    return value
