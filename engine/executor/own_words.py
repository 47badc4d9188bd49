"""Which messages to a model hold nothing but what the workflow says itself, so that they may be kept on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.nodes.text import known

_SAID = ("instructions", "labels", "hand_offs")
"""Raw params that the system message of a node is made of; tools and targets are described in the drawing."""


def own_words(raw: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> int:
    """How many messages at the beginning are the workflow's own words, by the node's raw params.

    One that a run fills in (`{{ }}`) may hold what a person or a tool said, so it does not count.
    """
    if len(messages) < 2 or messages[0].get("role") != "system" or raw.get("messages") is not None:
        return 0
    return int(all(known(raw.get(name)) for name in _SAID))
