"""Who may be reached from this PC, and which folders tools may open."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from engine.errors import Refused, StepError
from engine.net.address import parse
from engine.net.guard import Guard, Note
from engine.net.rules import SITE, rule
from engine.settings.base import Frozen


class NetworkRules(Frozen):
    """Which hosts tools may ask. What the settings name themselves, a model's or a server's address, is allowed."""

    rule: Literal["drawn", "listed"] = "drawn"
    """`drawn`: also hosts that the author wrote out in the node itself; `listed`: only those in `allow`."""
    allow: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """Hosts (`mes.lan`), suffixes (`*.plant.example`) and ranges (`10.2.0.0/16`), each with `:port` or without."""
    site: Annotated[tuple[str, ...], Field(max_length=1000)] = SITE
    """What counts as this site, for nodes placed on the edge; written like `allow`."""
    proxy: Annotated[str, Field(max_length=2000)] = ""
    """An http:// proxy for everything beyond this PC; empty: none, whatever the environment says."""

    @field_validator("allow", "site")
    @classmethod
    def _are_rules(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            try:
                rule(one)
            except Refused as error:
                raise ValueError(f"{error.what} {error.remedy}") from None
        return tuple(dict.fromkeys(given))

    @field_validator("proxy")
    @classmethod
    def _is_address(cls, given: str) -> str:
        try:
            return parse(given).origin if given else ""
        except StepError as error:
            raise ValueError(error.message) from None

    def guard(self, *, offline: bool, note: Note | None = None) -> Guard:
        """The gateway's policy, as these rules make it."""
        found = Guard(
            offline=offline,
            allow=tuple(map(rule, self.allow)),
            listed_only=self.rule == "listed",
            site=tuple(map(rule, self.site)),
            proxy=self.proxy,
        )
        return found if note is None else found.telling(note)


class FolderSetting(Frozen):
    """A folder beside the workspace that file tools may open."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    """A whole path; what is below it may be opened, links out of it are not followed."""
    mode: Literal["read", "write"] = "read"
    """`write` lets tools change it, too."""
