"""Where a run goes next: branch, merge, loop, stop. The planner decides these from their params (SEMANTICS T12-T15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from engine.nodes import examples
from engine.nodes.node_type import NodeType, Params, ui
from engine.nodes.ports import ERROR, INPUT, NEEDED_INPUT, out
from engine.workflow.model import Seconds
from engine.workflow.shape import Port

PORT_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
OTHERWISE = "otherwise"
_TAKEN = (OTHERWISE, "error")


class Case(Params):
    """One way out of a branch: taken when its expression is the first that is true."""

    name: Annotated[str, Field(pattern=PORT_NAME)] = Field(description="The name of its port.")
    when: Annotated[str, Field(min_length=1)] = Field(
        description="Whether it is taken: an expression that is true or false.", json_schema_extra=ui("expression")
    )


class BranchParams(Params):
    """Cases in the order in which they are tried."""

    cases: list[Case] = Field(min_length=1, max_length=100, description="Tried in order; the first true one is taken.")

    @field_validator("cases")
    @classmethod
    def _names_are_free(cls, cases: list[Case]) -> list[Case]:
        names = [case.name for case in cases]
        for name in names:
            if name in _TAKEN:
                raise ValueError(f"a case cannot be named {name!r}: the branch has a port of that name already")
            if names.count(name) > 1:
                raise ValueError(f"two cases are named {name!r}")
        return cases


def _case_names(params: Mapping[str, Any]) -> list[str]:
    cases = params.get("cases")
    names = [case.get("name") for case in cases if isinstance(case, Mapping)] if isinstance(cases, list) else []
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name not in _TAKEN))


def _branch_ports(params: Mapping[str, Any]) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    cases = tuple(out(name) for name in _case_names(params))
    return (NEEDED_INPUT,), (*cases, out(OTHERWISE, help="Live when no case is true."), ERROR)


BRANCH = NodeType(
    name="branch",
    title="Branch",
    summary="Sends its input to the first case whose condition is true.",
    category="Control",
    kind="branch",
    params=BranchParams,
    ports=_branch_ports,
    main=OTHERWISE,
    main_of=lambda params: next(iter(_case_names(params)), OTHERWISE),
    raw=frozenset({"cases"}),
    icon="git-branch",
    words=("if", "else", "switch", "condition", "route", "decide", "router"),
    example=examples.BRANCH,
)


class MergeParams(Params):
    """How many of the edges into `input` must have a value before the run goes on."""

    policy: Literal["all", "first", "quorum"] = Field(
        default="all", description="Wait for all, the first, or k of them."
    )
    k: Annotated[int, Field(ge=1, le=10_000)] | None = Field(default=None, description="How many, for `quorum`.")
    deadline_s: Seconds | None = Field(
        default=None, description="Seconds after the first value; then missing ones failed."
    )
    on_failure: Literal["fail", "ignore", "substitute"] = Field(default="fail", description="What a failed edge means.")
    substitute: Any = Field(default=None, description="The value that stands for a failed edge.")

    @model_validator(mode="after")
    def _quorum_has_a_number(self) -> MergeParams:
        if (self.policy == "quorum") != (self.k is not None):
            raise ValueError("`k` goes with `policy: quorum`, and only with it")
        return self


MERGE = NodeType(
    name="merge",
    title="Merge",
    summary="Joins parallel branches: all of them, the first, or a quorum.",
    category="Control",
    kind="merge",
    params=MergeParams,
    inputs=(Port("input", help="Takes any number of edges; the output keeps their order."),),
    outputs=(out("output", help="`all` and `quorum`: a list in edge order. `first`: the value."), ERROR),
    icon="git-merge",
    words=("join", "combine", "gather", "wait", "all", "first", "quorum"),
    example=examples.MERGE,
)


class LoopParams(Params):
    """When a loop ends: a condition over the last round, and a hard limit."""

    until: Annotated[str, Field(min_length=1)] = Field(
        description="Ends the loop when true; sees the last round's steps.", json_schema_extra=ui("expression")
    )
    limit: Annotated[int, Field(ge=1, le=100_000)] = Field(description="The most rounds there may be.")


LOOP = NodeType(
    name="loop",
    title="Loop",
    summary="Repeats what hangs on `body` until a condition is true.",
    category="Control",
    kind="loop",
    params=LoopParams,
    inputs=(
        Port("start", help="The value for the first round."),
        Port("again", help="What a round ends with; fed from inside the loop only."),
    ),
    outputs=(
        out("body", help="Each round's value."),
        out("done", help="What the last round ended with."),
        ERROR,
    ),
    main="done",
    raw=frozenset({"until"}),
    icon="repeat",
    words=("repeat", "while", "until", "retry", "iterate", "again"),
    example=examples.LOOP,
)


class StopParams(Params):
    """How the run ends."""

    outcome: Literal["completed", "failed"] = Field(default="completed", description="How the run ends.")
    message: str = Field(default="", max_length=2000, description="Why; shown with the run.")


STOP = NodeType(
    name="stop",
    title="Stop",
    summary="Ends the whole run at once, as completed or failed.",
    category="Control",
    kind="stop",
    params=StopParams,
    inputs=(INPUT,),
    main="",
    icon="octagon-x",
    words=("end", "finish", "exit", "abort", "terminate", "fail"),
    example=examples.STOP,
)

TYPES = (BRANCH, MERGE, LOOP, STOP)
