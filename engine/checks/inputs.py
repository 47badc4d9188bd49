"""Are the run's inputs described by schemas, and do their defaults fit?"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.problem import Problem, Subject, error
from engine.nodes.schemas import schema_fault, value_fault


def check(subject: Subject) -> Iterator[Problem]:
    """Schemas of run inputs that are none, and defaults that do not meet them."""
    for name, described in subject.workflow.inputs.items():
        # `required: false` is ours: the input may be left out.
        schema = {key: value for key, value in described.items() if key != "required" or not isinstance(value, bool)}
        fault = schema_fault(schema)
        if fault:
            yield error(
                "bad-input-schema",
                None,
                f"The run input {name!r} is not described by a JSON Schema: {fault}.",
                "Write a JSON Schema, as in `{type: string}`.",
            )
        elif "default" in schema and (fault := value_fault(schema, schema["default"])):
            yield error(
                "bad-default",
                None,
                f"The default of the run input {name!r} does not meet its own schema: {fault}.",
                "Change the default or the schema.",
            )
