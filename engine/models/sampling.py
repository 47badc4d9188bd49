"""Picks the next token: greedy or by chance, within a grammar, never a byte that breaks UTF-8, never a dead end.

The runtime's own grammar sampler filters the whole vocabulary for every token and ends the process when nothing is
left. Here the likeliest token is picked first and only checked; the whole vocabulary is filtered only when the check
fails, and a dead end is an answer (`None`), not a crash. The outcome has the same distribution as filtering first.
"""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Callable
from math import exp
from typing import Any

import numpy as np

_TOKEN = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class BadGrammar(Exception):
    """The runtime does not accept the grammar."""


class Sampler:
    """One answer's sampler; `close` frees what native code holds."""

    def __init__(
        self,
        native: Any,
        vocab: Any,
        piece: Callable[[int], bytes],
        *,
        size: int,
        grammar: str | None,
        banned: frozenset[int],
        ends: frozenset[int],
        temperature: float,
        seed: int,
    ) -> None:
        self._native, self._piece, self._size = native, piece, size
        self._banned, self._ends = banned, ends
        self._grammar: Any = None
        self._chain = _chain(native, temperature, seed)
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._scratch = np.empty(size, np.float32)
        self._one = native.llama_token_data()
        self._just_one = native.llama_token_data_array(
            data=ctypes.pointer(self._one), size=1, selected=-1, sorted=False
        )
        if grammar is not None:
            self._grammar = native.llama_sampler_init_grammar(vocab, grammar.encode(), b"root")
            if not self._grammar:
                self.close()
                raise BadGrammar

    def close(self) -> None:
        for sampler in (self._chain, self._grammar):
            if sampler:
                self._native.llama_sampler_free(sampler)
        self._chain = self._grammar = None

    def pick(self, context: Any) -> int | None:
        """The next token, accepted; None when the grammar allows none that the vocabulary has."""
        token: int = self._native.llama_sampler_sample(self._chain, context, -1)
        if self._grammar is None:
            return token
        if token not in self._banned and self._spells(token) and self._allowed(token):
            return self._accept(token)
        chosen = self._pick_filtered(context)
        return None if chosen is None else self._accept(chosen)

    def sane(self, context: Any) -> bool:
        """Whether the model computes numbers at all; damaged weights give none."""
        return bool(np.isfinite(self._logits(context)).any() and not np.isnan(self._logits(context)).any())

    def confidence(self, context: Any, token: int) -> float:
        """The token's probability by the raw logits, before temperature and grammar."""
        logits = self._logits(context)
        np.subtract(logits, logits.max(), out=self._scratch)
        chosen = float(self._scratch[token])
        np.exp(self._scratch, out=self._scratch)
        return exp(chosen) / float(self._scratch.sum())

    def _logits(self, context: Any) -> Any:
        pointer = self._native.llama_get_logits_ith(context, -1)
        address = ctypes.addressof(pointer.contents)
        memory: Any = (ctypes.c_float * self._size).from_address(address)
        return np.frombuffer(memory, np.float32)

    def _accept(self, token: int) -> int:
        if token not in self._ends:
            self._native.llama_sampler_accept(self._grammar, token)
            self._utf8.decode(self._piece(token))
        return token

    def _spells(self, token: int) -> bool:
        """Whether the bytes so far, with this token's, begin valid UTF-8 (the grammar engine takes overlong forms)."""
        if token in self._ends:
            return not self._utf8.getstate()[0]
        state = self._utf8.getstate()
        if not state[0] and self._piece(token).isascii():
            return True
        try:
            self._utf8.decode(self._piece(token))
        except UnicodeDecodeError:
            return False
        finally:
            self._utf8.setstate(state)
        return True

    def _allowed(self, token: int) -> bool:
        self._one.id, self._one.logit = token, 1.0
        self._native.llama_sampler_apply(self._grammar, ctypes.byref(self._just_one))
        return bool(self._one.logit > -np.inf)

    def _apply(self, sampler: Any, tokens: Any) -> Any:
        native = self._native
        data = ctypes.cast(tokens.ctypes.data, native.llama_token_data_p)
        array = native.llama_token_data_array(data=data, size=len(tokens), selected=-1, sorted=False)
        native.llama_sampler_apply(sampler, ctypes.byref(array))
        return array

    def _pick_filtered(self, context: Any) -> int | None:
        tokens = np.zeros(self._size, _TOKEN)
        tokens["id"] = np.arange(self._size, dtype=np.int32)
        tokens["logit"] = self._logits(context)
        tokens["logit"][list(self._banned)] = -np.inf
        self._apply(self._grammar, tokens)
        left = tokens[tokens["logit"] > -np.inf]
        while len(left):
            work = np.ascontiguousarray(left)
            array = self._apply(self._chain, work)
            token = int(work["id"][array.selected])
            if self._spells(token):
                return token
            left = left[left["id"] != token]
        return None


def _chain(native: Any, temperature: float, seed: int) -> Any:
    """The runtime's own default samplers, so that a model sounds the same here as elsewhere."""
    chain = native.llama_sampler_chain_init(native.llama_sampler_chain_default_params())
    if temperature <= 0:
        steps = [native.llama_sampler_init_greedy()]
    else:
        steps = [
            native.llama_sampler_init_top_k(40),
            native.llama_sampler_init_top_p(0.95, 1),
            native.llama_sampler_init_min_p(0.05, 1),
            native.llama_sampler_init_temp(temperature),
            native.llama_sampler_init_dist(seed & 0xFFFFFFFF),
        ]
    for step in steps:
        native.llama_sampler_chain_add(chain, step)
    return chain
