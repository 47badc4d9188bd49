"""Tiny random-weight models, and `with_models` to run one conversation with the real model processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.models import Models
from engine.settings import Settings

DATA = Path(__file__).parent / "data"


@pytest.fixture
def tiny_gguf() -> Path:
    return DATA / "tiny.gguf"


@pytest.fixture
def tiny_onnx() -> Path:
    return DATA / "tiny.onnx"


@pytest.fixture
def with_models(tmp_path: Path) -> Callable[..., Any]:
    """`with_models(body, role={settings})` awaits `body(models)` and closes the models whatever happens."""

    def run(body: Callable[[Models], Awaitable[Any]], **roles: dict[str, Any]) -> Any:
        small = {"model": str(DATA / "tiny.gguf"), "n_ctx": 4096}
        scorer = {"model": str(DATA / "tiny.onnx")}
        settings = Settings.model_validate({"roles": {"small": small, "scorer": scorer, **roles}})

        async def main() -> Any:
            models = Models(settings, tmp_path, log=lambda text: None)
            try:
                return await body(models)
            finally:
                await models.close()

        return asyncio.run(main())

    return run
