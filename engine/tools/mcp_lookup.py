"""Asking a server of tools whether a call of it happened: a tool of its own that a person has named for that.

The tool gets `idempotency_key`, the one that the call had in its `_meta`, and `tool` and `arguments` of the call where
its schema has them. It answers {"happened": true, "result": …}, {"happened": false}, or anything else: nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Refused, StepError
from engine.nodes.tool_args import McpArgs
from engine.tools.mcp_pins import Definition
from engine.tools.tool import Found
from engine.workflow.canonical import value_json
from engine.workflow.values import parse_json

KEY = "idempotency_key"


def fault(definition: Definition) -> str:
    """Why a tool cannot say whether a call happened, as half a sentence; "" when it may."""
    return "" if KEY in _properties(definition) else f"it takes no `{KEY}`"


def question(definition: Definition, key: str, args: McpArgs) -> McpArgs:
    """The call of the look-up tool about a call."""
    given = {KEY: key, "tool": args.server_tool, "arguments": args.arguments}
    known = _properties(definition)
    asked = {name: value for name, value in given.items() if name in known}
    return args.model_copy(update={"server_tool": definition["name"], "arguments": asked})


def verdict(tool: str, said: Mapping[str, Any]) -> Found | None:
    """What the look-up tool's result means; StepError with an unknown outcome when it does not say."""
    answer = said.get("structured")
    if not isinstance(answer, dict) or "happened" not in answer:
        try:
            answer = parse_json(str(said.get("text", "")))
        except Refused:
            answer = None
    happened = answer.get("happened") if isinstance(answer, dict) else None
    if happened is True and isinstance(answer, dict):
        return Found(_result(answer.get("result")))
    if happened is False:
        return None
    raise StepError("server", f"{tool} cannot tell whether it happened.", retryable=False, outcome_unknown=True)


def _properties(definition: Definition) -> Mapping[str, Any]:
    schema = definition.get("input_schema")
    found = schema.get("properties") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


def _result(given: Any) -> dict[str, Any]:
    """As the call itself would have given it."""
    text = given if isinstance(given, str) else value_json(given)
    return {
        "text": text,
        "content": [{"type": "text", "text": text}],
        "structured": given if isinstance(given, dict) else None,
    }
