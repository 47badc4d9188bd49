"""What text that nobody here has written may decide: nothing, without a person (DESIGN §6).

The one place where that is enforced, before anything is asked of the world.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import StepError
from engine.run.authored import foreign_secrets


def authors_only(secret: Callable[..., Any], params: Mapping[str, Any], args: Any) -> Callable[..., Any]:
    """`secret`, which gives the value of a secret by name, for a call with these `args` of a node with these raw params.

    It refuses (StepError `permission`) a name that a value of the run has brought in.
    """
    foreign = foreign_secrets(params, args)
    if not foreign:
        return secret

    def guarded(name: str, *more: Any, **named: Any) -> Any:
        if name in foreign:
            raise StepError(
                "permission",
                f"The secret {name!r} is named by a value of the run. Only the author of the workflow may name one.",
                retryable=False,
            )
        return secret(name, *more, **named)

    return guarded
