"""What an expression may name at a node, and what it would give: pure; feeds completion and live previews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.workflow.model import Workflow

Values = Mapping[str, Any]
"""The last run's values as an expression sees them: `input` (by port), `steps` (key -> {"output", "outputs", "error"}),
`run` ({"inputs", "id"}), `item`, `index`. Whatever is not known is left out."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One name that an expression may use: the whole path, such as `steps.triage.output.severity`.

    `kind` is a port type, "function" or "step"; `preview` its value in the last run as a short text.
    """

    path: str
    kind: str = "any"
    help: str = ""
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a text with expressions comes to: its value in the last run, a fault, or that nothing is known yet."""

    state: Literal["value", "fault", "unknown"]
    text: str


def completions(workflow: Workflow, key: str, last_values: Values, param: str = "") -> list[Completion]:
    """All names that an expression of this node (of its `param`, where that matters) may use."""
    return []


def evaluate(text: str, values: Values, condition: bool = False) -> Preview:
    """What a text with `{{ }}` (`condition`: a bare expression that is true or false) comes to on these values."""
    return Preview("unknown", "")
