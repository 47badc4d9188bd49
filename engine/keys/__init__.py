"""Secrets: where they are kept, what they may be used for, and who may read them."""

from __future__ import annotations

from engine.keys.bindings import OWN_ADDRESS, covers
from engine.keys.environment import environment_names
from engine.keys.vault import Vault

__all__ = ["OWN_ADDRESS", "Vault", "covers", "environment_names"]
