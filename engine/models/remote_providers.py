"""pydantic-ai's models for a role, each on an HTTP client of its own: no retries, no redirects, our time limits.

Everything here is imported when a remote role is first asked: it costs half a second and 60 MB.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import StepError
from engine.net import client as net
from engine.net.guard import Guard
from engine.settings import RoleSetting

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

CONNECT_S = 15.0
NO_KEY = "none"
"""What is sent where a server wants no key: the libraries insist on one, and would look for it elsewhere."""


@dataclass(frozen=True)
class Connected:
    """A role's model with what it was made of; `strict` is what its provider is told about schemas."""

    setting: RoleSetting
    key: str
    model: Model[Any]
    client: httpx2.AsyncClient
    strict: bool | None

    @property
    def knows_schemas(self) -> bool:
        """Whether the provider can be asked for JSON of a schema; otherwise the answer is asked for as a tool call."""
        return bool(self.model.profile.get("supports_json_schema_output"))


def connect(setting: RoleSetting, key: str, guard: Callable[[], Guard], what: str) -> Connected:
    """The model of a remote role. Loads the provider's library, so it belongs in a thread. Raises StepError."""
    try:
        import httpx2
        from pydantic_ai.exceptions import UnsupportedSettingWarning

        limits = httpx2.Timeout(setting.timeout_s, connect=min(CONNECT_S, setting.timeout_s))
        # a redirect would carry the conversation, and perhaps the key, to somewhere nobody has named
        client = net.make(lambda: guard().settling(setting.address), what, timeout=limits)
        made = _MAKERS[setting.provider or "openai"](setting, key or NO_KEY, client)
    except ImportError as fault:
        raise StepError(
            "not_found",
            f"Remote models need a library that is not installed here ({fault.name}); install signalbox[remote].",
            retryable=False,
        ) from None
    # what a model does not have, such as a temperature, is left out of the request
    warnings.filterwarnings("ignore", category=UnsupportedSettingWarning)
    own = setting.provider == "openai" and setting.url is None
    return Connected(setting, key, made, client, None if own else False)


def _openai(setting: RoleSetting, key: str, client: httpx2.AsyncClient) -> Model[Any]:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    if setting.url is None:
        own = AsyncOpenAI(base_url=setting.address, api_key=key, max_retries=0, http_client=client)
        return OpenAIChatModel(setting.model, provider=OpenAIProvider(openai_client=own))
    other = OpenAICompatibleProvider("openai-compatible", base_url=setting.address, api_key=key, http_client=client)
    return OpenAIChatModel(setting.model, provider=other)


def _ollama(setting: RoleSetting, key: str, client: httpx2.AsyncClient) -> Model[Any]:
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.providers.ollama import OllamaProvider

    provider = OllamaProvider(base_url=setting.address, api_key=key, http_client=client)
    return OllamaModel(setting.model, provider=provider)


def _anthropic(setting: RoleSetting, key: str, client: httpx2.AsyncClient) -> Model[Any]:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    provider = AnthropicProvider(base_url=setting.address, api_key=key, http_client=client)
    return AnthropicModel(setting.model, provider=provider)


def _google(setting: RoleSetting, key: str, client: httpx2.AsyncClient) -> Model[Any]:
    from google.genai.types import HttpRetryOptions
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    once = HttpRetryOptions(attempts=1)
    provider = GoogleProvider(base_url=setting.address, api_key=key, http_client=client, retry_options=once)
    return GoogleModel(setting.model, provider=provider)


_MAKERS = {"openai": _openai, "ollama": _ollama, "anthropic": _anthropic, "google": _google}
