"""How changes of a role are said on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def role_options(changes: Mapping[str, Any]) -> list[str]:
    """Options of `signalboxctl models role` for these fields; null takes a setting back."""
    return [part for name, value in changes.items() for part in ("--set", f"{name}={json.dumps(value)}")]
