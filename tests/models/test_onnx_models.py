"""ONNX models end to end: real onnxruntime in its real process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.models import Models

pytest.importorskip("onnxruntime")


def test_nested_lists_go_in_and_out_and_the_provider_is_what_the_session_says(with_models: Any) -> None:
    async def body(models: Models) -> None:
        outputs = await models.infer("scorer", {"window": [[1, 2, 3, 4.5], [0, 0, 0, 0]]})
        assert outputs == {"score": [[4.25], [0.0]], "label": [[True], [False]]}
        said = await models.load("scorer")
        assert said["provider"] in ("CPUExecutionProvider", "CUDAExecutionProvider")
        assert said["inputs"] == {"window": {"type": "tensor(float)", "shape": ["batch", 4]}}

    with_models(body)


def test_inputs_that_do_not_fit_are_refused_by_name_and_the_model_stays_usable(with_models: Any) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "lacks the input `window`"),
        ({"window": [[1, 2, 3, 4]], "x": 1}, "has no input `x`"),
        ({"window": [1, 2, 3, 4]}, "shape any × 4, not 4"),
        ({"window": [[1, 2, 3]]}, "shape any × 4, not 1 × 3"),
        ({"window": [[1, 2, 3, 4], [1]]}, "evenly nested"),
        ({"window": [["a", "b", "c", "d"]]}, "must hold float values"),
        ({"window": [[1, 2, None, 4]]}, "must hold float values"),
        ({"window": [[1, 2, float("nan"), 4]]}, "not JSON"),
        ({"window": [[1, 2, 1e300, 4]]}, "too large"),
        ({"window": [[1, 2, 10**400, 4]]}, "`window`"),
        ({"window": "text"}, "must hold float values"),
    ]

    async def body(models: Models) -> None:
        for inputs, part in cases:
            with pytest.raises(StepError) as caught:
                await models.infer("scorer", inputs)
            assert caught.value.cls == "schema" and part in caught.value.message, caught.value.message
        assert (await models.infer("scorer", {"window": [[0, 0, 0, 2]]}))["score"] == [[1.0]]

    with_models(body)


def test_results_that_are_not_finite_are_a_failure(with_models: Any) -> None:
    async def body(models: Models) -> None:
        with pytest.raises(StepError, match="not a finite number"):
            await models.infer("scorer", {"window": [[3e38, 3e38, -3e38, 3e38]]})

    with_models(body)


def test_the_runtime_writes_nothing_of_its_own_anywhere(tmp_path: Path) -> None:
    model = Path(__file__).parent / "data" / "tiny.onnx"
    code = f"from pathlib import Path; from engine.models.onnx import Onnx; Onnx(Path({str(model)!r}), threads=1)"
    places = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", code], env={**env, **places}, check=True, timeout=60)
    assert list(tmp_path.rglob("*")) == []
