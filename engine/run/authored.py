"""Which secrets a call may be filled with: those that its author named, never those that a value of the run names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.expressions import parse, texts

REFERENCE = re.compile(r"secret://([A-Za-z0-9_.-]+)")
"""How a secret is named."""


def foreign_secrets(params: Mapping[str, Any], args: Any) -> frozenset[str]:
    """The names of secrets in `args` that do not stand at the same place of the node's raw `params` beside a `{{ }}`.

    A name that is partly filled in (`secret://{{ input.which }}`) is not the author's either.
    """
    named = [(path, found) for path, text in texts(args) if (found := set(REFERENCE.findall(text)))]
    if not named:
        return frozenset()
    written = {path: _names(text) for path, text in texts(dict(params))}
    return frozenset(name for path, found in named for name in found - written.get(path, frozenset()))


def _names(text: str) -> frozenset[str]:
    """The secrets that a raw text names itself."""
    if "secret://" not in text:
        return frozenset()
    return frozenset(name for piece in parse(text).written for name in REFERENCE.findall(piece))
