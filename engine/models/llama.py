"""One GGUF model in the worker process: one context, one thread that owns it, evaluated tokens kept between prompts.

Tokens that were evaluated stay in the context's memory, one sequence for each of a few conversations (`slots`); the
next prompt of a conversation evaluates only what is new. Nothing here is safe for two threads: native code ends the
process when a context is shared.
"""

from __future__ import annotations

import codecs
import ctypes
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from engine.errors import StepError
from engine.models.asks import Ask
from engine.models.confidence import confidence_of
from engine.models.lora import Loras
from engine.models.native import last_errors, open_llama
from engine.models.prefix import Prefix
from engine.models.prompt import Template
from engine.models.sampling import BadGrammar, Sampler
from engine.models.slots import Adapters, Slot, choose, slot_count

BATCH = 512
_CONTROL_LIKE = 0b1011  # unknown, unused, control: never part of an answer by schema
_CONTROL, _USER_DEFINED = 0b01000, 0b10000
_MARKUP = re.compile(r"<[^\s<>]+>|\[[^\s\[\]]+\]")  # user-defined tokens are also runs of spaces, which are only text


class Llama:
    """A loaded model. Raises StepError when the file cannot be loaded or asked."""

    def __init__(self, path: Path, *, n_ctx: int, threads: int) -> None:
        self.native = open_llama()
        native = self.native
        params = native.llama_model_default_params()
        params.n_gpu_layers = 0x7FFFFFFF if native.llama_supports_gpu_offload() else 0
        self.model = native.llama_model_load_from_file(str(path).encode(), params)
        if not self.model:
            reason = last_errors[-1][:300] if last_errors else "the runtime gives no reason"
            raise StepError("invalid", f"The model {path.name} cannot be loaded: {reason}.", retryable=False)
        self.vocab = native.llama_model_get_vocab(self.model)
        self.size: int = native.llama_vocab_n_tokens(self.vocab)
        self.n_ctx = min(n_ctx, native.llama_model_n_ctx_train(self.model) or n_ctx)
        self.threads = threads
        self.slots = [Slot(number) for number in range(slot_count(self._memory_each()))]
        self.asked = 0
        self.adapters = Loras(native, self.model)
        self.context = self._new_context()
        self.memory = native.llama_get_memory(self.context)
        self._batch = native.llama_batch_init(min(self.n_ctx, BATCH), 0, 1)
        self._buffer = ctypes.create_string_buffer(256)
        self._pieces: dict[int, bytes] = {}
        attrs = [native.llama_vocab_get_attr(self.vocab, token) for token in range(self.size)]
        self.ends = frozenset(token for token in range(self.size) if native.llama_vocab_is_eog(self.vocab, token))
        self.banned = frozenset(t for t, attr in enumerate(attrs) if attr & _CONTROL_LIKE) - self.ends
        spelled = [self._text(t) for t, attr in enumerate(attrs) if attr & _CONTROL or t in self.ends]
        defined = (self._text(t) for t, attr in enumerate(attrs) if attr & _USER_DEFINED)
        spelled += [text for text in defined if _MARKUP.fullmatch(text)]
        source = self._meta("tokenizer.chat_template")
        bos, eos = (self._special(native.llama_vocab_bos), self._special(native.llama_vocab_eos))
        self.template = Template(source, bos=bos, eos=eos, spellings=spelled)
        self.prefix = Prefix(self)

    def _new_context(self) -> Any:
        native = self.native
        params = native.llama_context_default_params()
        params.n_ctx = self.n_ctx * len(self.slots)
        params.n_seq_max, params.kv_unified = len(self.slots), False  # or each would pay for what the others hold
        params.n_batch = params.n_ubatch = min(self.n_ctx, BATCH)
        params.n_threads = params.n_threads_batch = self.threads
        params.no_perf = True
        params.flash_attn_type = native.LLAMA_FLASH_ATTN_TYPE_DISABLED
        context = native.llama_init_from_model(self.model, params)
        if not context:
            raise StepError("server", f"There is not enough memory for a context of {self.n_ctx} tokens.")
        return context

    def _memory_each(self) -> int:
        """Bytes that one conversation of full length takes: keys and values of 16 bits for each layer and token."""
        native, model = self.native, self.model
        heads = max(native.llama_model_n_head(model), 1)
        width = native.llama_model_n_embd(model) // heads * native.llama_model_n_head_kv(model)
        return int(self.n_ctx * native.llama_model_n_layer(model) * width * 4)

    def close(self) -> None:
        """Free everything native."""
        self.native.llama_batch_free(self._batch)
        self.native.llama_free(self.context)
        self.native.llama_model_free(self.model)

    def describe(self) -> dict[str, Any]:
        """What runs: for the run record."""
        native = self.native
        name = ctypes.create_string_buffer(256)
        native.llama_model_desc(self.model, name, len(name))
        return {
            "provider": "gpu" if native.llama_supports_gpu_offload() else "cpu",
            "runtime": "llama.cpp",
            "architecture": name.value.decode("utf-8", "replace"),
            "parameters": native.llama_model_n_params(self.model),
            "n_ctx": self.n_ctx,
            "conversations": len(self.slots),
            "threads": self.threads,
            "vocabulary": self.size,
            "template": "file" if self.template.from_file else "plain",
        }

    def self_test(self, path: Path) -> None:
        """Compare the tokenizer with stored (text, ids) pairs: a wrong one garbles every prompt without a word."""
        try:
            pairs = [(pair["text"], list(pair["ids"])) for pair in json.loads(path.read_text("utf-8"))]
        except (OSError, ValueError, TypeError, KeyError):
            raise StepError(
                "invalid", f"The self-test {path.name} is no list of texts and ids.", retryable=False
            ) from None
        for text, ids in pairs:
            if self.tokenize(text) != ids:
                raise StepError(
                    "invalid",
                    f"The tokenizer does not read {text[:40]!r} as {path.name} says: this model would be garbled here.",
                    retryable=False,
                )

    def tokenize(self, text: str) -> list[int]:
        """Token ids, with control tokens recognised and none added."""
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        ids = (self.native.llama_token * room)()
        count: int = self.native.llama_tokenize(self.vocab, raw, len(raw), ids, room, False, True)
        if count < 0:
            raise StepError("invalid", "The tokenizer of the model refuses the prompt.", retryable=False)
        return list(ids[:count])

    def piece(self, token: int) -> bytes:
        """The bytes that a token adds to an answer; none for control tokens."""
        found = self._pieces.get(token)
        if found is None:
            native = self.native
            length = native.llama_token_to_piece(self.vocab, token, self._buffer, len(self._buffer), 0, False)
            if length < 0:
                self._buffer = ctypes.create_string_buffer(-length)
                length = native.llama_token_to_piece(self.vocab, token, self._buffer, -length, 0, False)
            found = self._pieces[token] = self._buffer.raw[: max(length, 0)]
        return found

    def prompt(self, ask: Ask) -> list[int]:
        """The token ids of the messages, up to where the model's turn begins; StepError when they do not fit."""
        prompt = self.tokens(ask.messages)
        self.prefix.length(ask, prompt)  # here, where somebody watches how long the template takes
        if len(prompt) >= self.n_ctx:
            raise StepError(
                "limit",
                f"The prompt has {len(prompt)} tokens and the model's context holds {self.n_ctx}: "
                "shorten the input, or raise `n_ctx` of the role if the model allows.",
                retryable=False,
            )
        return prompt

    def tokens(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """The token ids of a conversation, however many."""
        prompt = self.tokenize(self.template.render(messages))
        first = self.native.llama_vocab_bos(self.vocab)
        if self.native.llama_vocab_get_add_bos(self.vocab) and prompt[:1] != [first]:
            prompt.insert(0, first)  # a template may leave it to the tokenizer
        return prompt

    def answer(self, prompt: list[int], ask: Ask, on_text: Callable[[str], None], cancelled: Event) -> dict[str, Any]:
        """Generate one answer: {text, finish, confidence, usage}. `on_text` gets the new text after each token."""
        try:
            sampler = Sampler(
                self.native,
                self.vocab,
                self.piece,
                size=self.size,
                grammar=ask.grammar,
                banned=self.banned,
                ends=self.ends,
                temperature=ask.temperature,
                seed=ask.seed,
            )
        except BadGrammar:
            raise StepError(
                "schema", "The runtime refuses the grammar of this answer's schema; simplify it.", retryable=False
            ) from None
        try:
            return self._answer(prompt, ask, sampler, on_text, cancelled)
        finally:
            sampler.close()

    def _answer(
        self, prompt: list[int], ask: Ask, sampler: Sampler, on_text: Callable[[str], None], cancelled: Event
    ) -> dict[str, Any]:
        begin = time.perf_counter()
        slot, cached, restored = self._prefill(prompt, ask, cancelled)
        if not cancelled.is_set() and not sampler.sane(self.context):
            raise StepError("invalid", "The model computes no numbers: its weights are damaged.", retryable=False)
        ready = time.perf_counter()
        pieces: list[bytes] = []
        chances: list[float] = []
        text = codecs.getincrementaldecoder("utf-8")("replace")
        room = min(ask.max_tokens, self.n_ctx - len(prompt))
        finish = "stop"
        while not cancelled.is_set():
            token = sampler.pick(self.context)
            if token is None or token in self.ends:
                break
            if len(pieces) == room:
                finish = "length"
                break
            if ask.sure:
                chances.append(sampler.confidence(self.context, token))
            pieces.append(self.piece(token))
            on_text(text.decode(pieces[-1]))
            self._decode(slot, [token])
        on_text(text.decode(b"", final=True))
        schema = ask.grammar is not None
        return {
            "text": b"".join(pieces).decode("utf-8", "replace"),
            "finish": "cancelled" if cancelled.is_set() else finish,
            "confidence": confidence_of(pieces, chances, parts=schema, choice=ask.choice) if ask.sure else None,
            "usage": {
                "prompt": len(prompt),
                "prompt_cached": cached,
                **({"prompt_restored": restored} if restored else {}),
                "completion": len(pieces),
                "prefill_s": round(ready - begin, 6),
                "decode_s": round(time.perf_counter() - ready, 6),
            },
        }

    def _adapt(self, ask: Ask) -> Adapters:
        """Put the request's adapters on the model, and no others."""
        if self.adapters.load([(path, sha) for path, sha, _ in ask.adapters]):
            self.native.llama_free(self.context)  # adapters must be there before the context that they are used in
            self.context = self._new_context()
            self.memory = self.native.llama_get_memory(self.context)
            for slot in self.slots:
                slot.kept.clear()
        wanted = tuple((sha, scale) for _, sha, scale in ask.adapters)
        self.adapters.use(self.context, wanted)
        return wanted

    def _prefill(self, prompt: list[int], ask: Ask, cancelled: Event) -> tuple[Slot, int, int]:
        """Evaluate what is new of the prompt: (its slot, tokens that were there already, those of them from disk)."""
        native = self.native
        adapters = self._adapt(ask)
        slot, keep = choose(self.slots, prompt, adapters)
        self.asked += 1
        slot.used, slot.adapters = self.asked, adapters
        self._forget(slot, min(keep, len(prompt) - 1))  # the last token again: its logits begin the answer
        fixed = self.prefix.length(ask, prompt)
        restored = self.prefix.restore(slot, prompt[:fixed], ask)
        cached = len(slot.kept)
        never = native.ggml_abort_callback(0)
        # Only where many tokens are evaluated at once: it is a Python call for each step of the computation.
        abort = native.ggml_abort_callback(lambda _: cancelled.is_set()) if len(prompt) - cached > 16 else never
        native.llama_set_abort_callback(self.context, abort, None)
        try:
            # always in two parts: the same tokens in other batches give other last digits, and so may other words
            for begin, end in ((cached, fixed), (max(cached, fixed), len(prompt))):
                started = time.perf_counter()
                for start in range(begin, end, BATCH):
                    if cancelled.is_set():
                        return slot, cached, restored
                    self._decode(slot, prompt[start : min(start + BATCH, end)], cancelled)
                if end == fixed and len(slot.kept) == fixed:
                    self.prefix.evaluated(slot, fixed - begin, time.perf_counter() - started, ask)
        finally:
            native.llama_set_abort_callback(self.context, never, None)
        return slot, cached, restored

    def _forget(self, slot: Slot, keep: int) -> None:
        """Drop what a slot holds after `keep` tokens, or everything where the model cannot drop a part."""
        remove = self.native.llama_memory_seq_rm
        if keep < len(slot.kept) and not remove(self.memory, slot.sequence, keep, -1):
            remove(self.memory, slot.sequence, -1, -1)
            keep = 0
        del slot.kept[keep:]

    def _decode(self, slot: Slot, tokens: list[int], cancelled: Event | None = None) -> None:
        """Evaluate tokens at the end of a slot; the logits of the last one are ready then."""
        batch, last = self._batch, len(tokens) - 1
        batch.n_tokens = len(tokens)
        for index, token in enumerate(tokens):
            batch.token[index] = token
            batch.pos[index] = len(slot.kept) + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = slot.sequence
            batch.logits[index] = index == last
        code = self.native.llama_decode(self.context, batch)
        if code == 0:
            slot.kept += tokens
            return
        self.native.llama_memory_seq_rm(self.memory, slot.sequence, -1, -1)
        slot.kept.clear()
        if cancelled is None or not cancelled.is_set():
            raise StepError("server", f"The model failed to compute (code {code}).")

    def _meta(self, key: str) -> str | None:
        native = self.native
        length = native.llama_model_meta_val_str(self.model, key.encode(), None, 0)
        if length < 0:
            return None
        room = ctypes.create_string_buffer(length + 1)
        native.llama_model_meta_val_str(self.model, key.encode(), room, length + 1)
        return room.raw[:length].decode("utf-8", "replace")

    def _text(self, token: int) -> str:
        return bytes(self.native.llama_vocab_get_text(self.vocab, token)).decode("utf-8", "replace")

    def _special(self, which: Callable[[Any], int]) -> str:
        token = which(self.vocab)
        return self._text(token) if token >= 0 else ""
