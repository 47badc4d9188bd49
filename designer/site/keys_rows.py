"""Secrets as rows of a list, those that are needed and not there first."""

from __future__ import annotations

from collections.abc import Mapping

from designer.resources import tr
from designer.site.facts import Keys, Secret
from designer.site.rows import Mark, Row
from designer.site.words import ago


def rows_of(keys: Keys, missing: Mapping[str, tuple[str, ...]]) -> list[Row]:
    """What is needed, then what is stored; each under its head."""
    lost = [
        Row(name, name, "circle-alert", "asking", (Mark(tr("needed, not there", "site"), "asking"),), _users(users))
        for name, users in missing.items()
    ]
    there = [_row(secret) for secret in keys.secrets]
    return [
        *([Row("", tr("Needed", "site"), right=str(len(lost)))] if lost else []),
        *lost,
        *([Row("", tr("Stored", "site"), right=str(len(there)))] if there else []),
        *there,
    ]


def _row(secret: Secret) -> Row:
    outside = secret.source == "environment"
    return Row(
        secret.name,
        secret.name,
        "key-round",
        "warning" if secret.warning else "Tools",
        (Mark(tr("environment", "site"), "warning"),) if outside else (),
        ", ".join(secret.bound_to),
        ago(secret.changed),
        _users(secret.used_by),
    )


def _users(users: tuple[str, ...]) -> str:
    return ", ".join(user_words(user) for user in users) if users else tr("used by nobody", "site")


def user_words(user: str) -> str:
    """`role:NAME`, `mcp:NAME` and `workflow:NAME` in words."""
    kind, _, name = user.partition(":")
    words = {"role": tr("role {name}", "site"), "mcp": tr("server {name}", "site")}
    return words.get(kind, "{name}").format(name=name or user)
