"""On-device models: language models (GGUF, llama.cpp) and ONNX models, each in a process of its own."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.models.files import check_model_file
    from engine.models.grammar import Grammar, SchemaUnsupported, grammar_of
    from engine.models.service import Models

__all__ = ["Models", "check_model_file", "grammar_of", "Grammar", "SchemaUnsupported"]

_HOMES = {"Models": "service", "check_model_file": "files"}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: the model process needs only its own modules, and starts twice as fast."""
    if name not in __all__:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"engine.models.{_HOMES.get(name, 'grammar')}"), name)
