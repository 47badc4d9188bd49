"""Secrets from the environment of a process: for services and for trying things out."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Protocol

PREFIX = "SIGNALBOX_SECRET_"
PASSPHRASE, PASSPHRASE_FILE = "SIGNALBOX_PASSPHRASE", "SIGNALBOX_PASSPHRASE_FILE"


def variable(name: str) -> str:
    """The variable of a secret: `mes-token` is SIGNALBOX_SECRET_MES_TOKEN."""
    return PREFIX + re.sub(r"[^A-Z0-9]", "_", name.upper())


def environment_value(name: str, environment: Mapping[str, str] | None = None) -> str:
    """The secret's value; "" when its variable is not set."""
    return (os.environ if environment is None else environment).get(variable(name), "")


class _Bound(Protocol):
    """A stored secret, as far as it says where it may go."""

    @property
    def bound_to(self) -> tuple[str, ...]: ...


def bound_by_variable(name: str, stored: Mapping[str, _Bound]) -> tuple[str, ...] | None:
    """Where the variable of this secret may go; None: nothing is said of it.

    Several names share a variable, so the places of all of them that are stored hold: `mes.token` is no way out for
    the value of `mes-token`.
    """
    found = [record.bound_to for known, record in stored.items() if variable(known) == variable(name)]
    if name in stored:
        return stored[name].bound_to
    return tuple(dict.fromkeys(place for places in found for place in places)) if found else None


def environment_names(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The secrets that the environment holds, as `mes-token`: a variable cannot say more of a name."""
    known = os.environ if environment is None else environment
    found = (name.removeprefix(PREFIX) for name, value in known.items() if name.startswith(PREFIX) and value)
    return tuple(sorted(name.lower().replace("_", "-") for name in found if name))


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for a child that needs none of them."""
    hidden = (PASSPHRASE, PASSPHRASE_FILE)
    return {name: value for name, value in environment.items() if not name.startswith(PREFIX) and name not in hidden}
