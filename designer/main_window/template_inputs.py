"""What a shipped template runs on at first: the inputs beside it, with the examples' places filled in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from designer.engine_link.example_service import ExampleService
from designer.resources import path

EXAMPLE, SERVICE = "example:", "example-service:"


def template_inputs(name: str, service: ExampleService, done: Callable[[dict[str, Any]], None]) -> None:
    """Hand over the example inputs of a template, {} when it ships none; the service is started when one names it."""
    file = path("templates", f"{name}.inputs.json")
    try:
        inputs = dict(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError):
        done({})
        return
    for key, value in inputs.items():
        if isinstance(value, str) and value.startswith(EXAMPLE):
            inputs[key] = str(path("examples", *value.removeprefix(EXAMPLE).split("/")))
    asks = [key for key, value in inputs.items() if isinstance(value, str) and value.startswith(SERVICE)]
    if not asks:
        done(inputs)
        return
    service.address(lambda url: done({**inputs, **dict.fromkeys(asks, url)}))
