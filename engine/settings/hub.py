"""Where model files may be downloaded from; nothing is, until a person turns it on."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from engine.settings.base import Frozen
from engine.settings.places import is_loopback

HUB_URL = "https://huggingface.co"


class HubSetting(Frozen):
    """A place on the network that holds model files, by the paths that Hugging Face uses."""

    enabled: bool = False
    """Whether `signalboxctl models download` may ask it."""
    url: Annotated[str, Field(max_length=2000)] = HUB_URL
    """Its address, or that of a mirror."""
    token: Annotated[str, Field(pattern=r"^secret://[A-Za-z0-9_.-]+$")] | None = None
    """The secret that it is asked with, as `secret://name`; only for models that are not open to all."""

    @model_validator(mode="after")
    def _address(self) -> HubSetting:
        address = urlsplit(self.url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError(f"{self.url!r} is not an http:// or https:// address")
        if address.username is not None or address.password is not None:
            raise ValueError(
                "an address holds no name and password; store the token as a secret and name it in `token`"
            )
        if self.token and address.scheme == "http" and not is_loopback(address.hostname):
            raise ValueError("a token would go over the network in the clear; use https://")
        return self
