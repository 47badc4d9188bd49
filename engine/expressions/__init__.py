"""Expressions: CEL inside `{{ … }}`, compiled once, evaluated on a scope; the only module that knows the library.

A scope is a mapping of roots: `input` (by port), `steps` (key -> {"output", "outputs", "error"}; may be lazy), `run`
({"inputs", "id"}), `item`, `index`.
"""

from engine.expressions.errors import ExpressionError
from engine.expressions.expression import Expression, compile, condition, evaluate, evaluate_bool, path_text
from engine.expressions.references import ROOTS, References
from engine.expressions.template import Template, format_value, parse, references, render, texts

__all__ = [
    "ROOTS",
    "Expression",
    "ExpressionError",
    "References",
    "Template",
    "compile",
    "condition",
    "evaluate",
    "evaluate_bool",
    "format_value",
    "parse",
    "path_text",
    "references",
    "render",
    "texts",
]
