"""On-device models: language models (GGUF, llama.cpp) and ONNX models, each in a process of its own."""

from engine.models.files import check_model_file
from engine.models.grammar import Grammar, SchemaUnsupported, grammar_of
from engine.models.service import Models

__all__ = ["Models", "check_model_file", "grammar_of", "Grammar", "SchemaUnsupported"]
