"""The agent loop as the engine runs it, small: a grammar from the schema, tools answered from a table, confidence read from the logits."""
import json
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import contract
from llama_cpp import Llama, LlamaGrammar

sys.path.append(str(Path(__file__).resolve().parents[2]))
from engine.models.confidence import confidence_of  # noqa: E402  the measure of the product itself

MOST_TURNS = 4
MOST_TOKENS = 200


@dataclass(frozen=True)
class Result:
    """How one conversation ended."""

    final: dict | None
    valid: bool
    calls: tuple
    confidence: float
    tokens: int


def fits(value: object, schema: dict) -> bool:
    """A check of the few schema keywords the contract uses."""
    if "oneOf" in schema:
        return sum(fits(value, s) for s in schema["oneOf"]) == 1
    if "const" in schema:
        return value == schema["const"]
    if "enum" in schema:
        return value in schema["enum"]
    if schema["type"] == "string":
        return isinstance(value, str) and re.fullmatch(schema["pattern"][1:-1], value) is not None
    return isinstance(value, dict) and list(value) == schema["required"] and all(fits(value[k], s) for k, s in schema["properties"].items())


class Agent:
    """A loaded model and one grammar for each set of wired tools."""

    def __init__(self, path: str, threads: int = 1) -> None:
        self.model = Llama(path, n_ctx=1024, n_threads=threads, n_threads_batch=threads, logits_all=True, verbose=False, seed=1)
        self.grammars: dict = {}

    def grammar(self, schema: dict) -> LlamaGrammar:
        key = json.dumps(schema)
        if key not in self.grammars:
            self.grammars[key] = LlamaGrammar.from_json_schema(key, verbose=False)
        return self.grammars[key]

    def turn(self, messages: list, schema: dict | None) -> tuple[str, float, int]:
        """One greedy assistant turn: its text, how sure the model was of it, and its number of tokens."""
        out = self.model.create_chat_completion(
            messages=messages, temperature=0.0, max_tokens=MOST_TOKENS, grammar=self.grammar(schema) if schema else None, logprobs=True, top_logprobs=1
        )["choices"][0]
        tokens = out["logprobs"]["content"]
        pieces, chances = [t["token"].encode() for t in tokens], [math.exp(t["logprob"]) for t in tokens]
        sure = confidence_of(pieces, chances, parts=True, choice=True)
        return out["message"]["content"] or "", sure or 0.0, len(tokens)

    def run(self, messages: list, tools: list, answers: dict, constrained: bool = True) -> Result:
        """From the first two messages to a final answer; `answers` maps a call's text to its result."""
        messages, schema, calls, spent = list(messages[:2]), contract.turn_schema(tools), [], 0
        for _ in range(MOST_TURNS):
            text, confidence, tokens = self.turn(messages, schema if constrained else None)
            spent += tokens
            try:
                turn = json.loads(text)
            except ValueError:
                return Result(None, False, tuple(calls), confidence, spent)
            if not fits(turn, schema):
                return Result(None, False, tuple(calls), confidence, spent)
            if "final" in turn:
                return Result(turn["final"], True, tuple(calls), confidence, spent)
            calls.append(contract.compact(turn))
            result = answers.get(calls[-1], contract.canonical({"error": "not found"}))
            messages += [{"role": "assistant", "content": calls[-1]}, {"role": "tool", "content": result}]
        return Result(None, True, tuple(calls), 0.0, spent)
