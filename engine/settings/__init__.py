"""Settings of one Signalbox: `<data folder>/settings.json`, every field with a default; and where the folders are."""

from __future__ import annotations

from engine.settings.everything import Settings
from engine.settings.file import FILE, load, parse, save, stamp
from engine.settings.hub import HubSetting
from engine.settings.mcp import McpEffect, McpServer
from engine.settings.memory import MemorySetting
from engine.settings.network import FolderSetting, NetworkRules
from engine.settings.places import data_dir, is_loopback, loopback_url, resources_dir
from engine.settings.roles import (
    DEFAULT_ROLES,
    OLLAMA_URL,
    Kind,
    Lora,
    Prefer,
    Prices,
    Provider,
    Reach,
    RoleSetting,
    file_path,
    model_path,
)
from engine.settings.trust import Trust

__all__ = [
    "DEFAULT_ROLES",
    "FILE",
    "OLLAMA_URL",
    "HubSetting",
    "FolderSetting",
    "Kind",
    "Lora",
    "McpEffect",
    "McpServer",
    "MemorySetting",
    "Prefer",
    "NetworkRules",
    "Prices",
    "Provider",
    "Reach",
    "RoleSetting",
    "Settings",
    "Trust",
    "data_dir",
    "file_path",
    "is_loopback",
    "load",
    "loopback_url",
    "model_path",
    "parse",
    "resources_dir",
    "save",
    "stamp",
]
