"""Secrets from the environment of a process: for services and for trying things out."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

PREFIX = "SIGNALBOX_SECRET_"
PASSPHRASE, PASSPHRASE_FILE = "SIGNALBOX_PASSPHRASE", "SIGNALBOX_PASSPHRASE_FILE"


def variable(name: str) -> str:
    """The variable of a secret: `mes-token` is SIGNALBOX_SECRET_MES_TOKEN."""
    return PREFIX + re.sub(r"[^A-Z0-9]", "_", name.upper())


def environment_value(name: str, environment: Mapping[str, str] | None = None) -> str:
    """The secret's value; "" when its variable is not set."""
    return (os.environ if environment is None else environment).get(variable(name), "")


def environment_names(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The secrets that the environment holds, as `mes-token`: a variable cannot say more of a name."""
    known = os.environ if environment is None else environment
    found = (name.removeprefix(PREFIX) for name, value in known.items() if name.startswith(PREFIX) and value)
    return tuple(sorted(name.lower().replace("_", "-") for name in found if name))


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for a child that needs none of them."""
    hidden = (PASSPHRASE, PASSPHRASE_FILE)
    return {name: value for name, value in environment.items() if not name.startswith(PREFIX) and name not in hidden}
