"""Messages to a prompt: the chat template of the model file, rendered in a sandbox, with control tokens defused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.errors import StepError

ROLES = frozenset({"system", "user", "assistant", "tool"})
MAX_PROMPT = 8_000_000
"""Characters; far beyond every context, and small enough not to hurt."""


def defuser(spellings: Iterable[str]) -> Callable[[str], str]:
    """A function that breaks up every spelling of a control token in outside text, so that it is read as text.

    `<|` is broken up whatever the vocabulary says. A broken spelling keeps its characters, a space after the first.
    """
    known = sorted({"<|", *(text for text in spellings if len(text) > 1)}, key=lambda text: (-len(text), text))
    found = re.compile("|".join(map(re.escape, known)))

    def defuse(text: str) -> str:
        for _ in range(4):
            broken = found.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)
            if broken == text:
                return text
            text = broken
        return found.sub("", text)  # a vocabulary whose broken spellings are spellings again

    return defuse


class Template:
    """Renders conversations; made once for a model."""

    def __init__(self, source: str | None, *, bos: str, eos: str, spellings: Iterable[str]) -> None:
        self.from_file = source is not None
        self._defuse = defuser(spellings)
        self._formatter: Any = None
        if source is not None:
            from jinja2 import TemplateError
            from llama_cpp.llama_chat_format import Jinja2ChatFormatter

            try:
                self._formatter = Jinja2ChatFormatter(source, eos_token=eos, bos_token=bos)
            except (TemplateError, RecursionError) as fault:
                reason = f"{type(fault).__name__}: {str(fault)[:200]}"
                raise StepError(
                    "invalid", f"The chat template inside the model file cannot be read ({reason}).", retryable=False
                ) from None

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The prompt's text, up to where the model's turn begins. StepError when the template refuses."""
        for message in messages:
            if message["role"] not in ROLES:
                known = ", ".join(sorted(ROLES))
                raise StepError(
                    "invalid", f"A message has the role `{message['role']}`; known are {known}.", retryable=False
                )
        clean = [{"role": message["role"], "content": self._defuse(message["content"])} for message in messages]
        text = self._rendered(clean) if self._formatter else _plain(clean)
        if len(text) > MAX_PROMPT:
            raise StepError("limit", f"The prompt has more than {MAX_PROMPT:,} characters.", retryable=False)
        return text

    def _rendered(self, messages: list[dict[str, str]]) -> str:
        from jinja2.exceptions import SecurityError, TemplateError

        try:
            text: str = self._formatter(messages=messages).prompt
        except SecurityError:
            raise StepError(
                "permission", "The chat template inside the model file tries to reach outside.", retryable=False
            ) from None
        except (TemplateError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as fault:
            reason = str(fault)[:200] or type(fault).__name__
            raise StepError(
                "invalid", f"The model's chat template refuses these messages: {reason}", retryable=False
            ) from None
        return text


def _plain(messages: list[dict[str, str]]) -> str:
    """For a model file without a template: names and texts, one block each."""
    blocks = [f"{message['role'].title()}: {message['content']}" for message in messages]
    return "\n\n".join([*blocks, "Assistant:"])
