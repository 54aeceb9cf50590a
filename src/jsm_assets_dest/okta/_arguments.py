"""Checks of arguments that more than one function of this package needs."""

from ..exceptions import ConfigurationError


def check_count(value: int, minimum: int, argument: str) -> None:
    """Reject an integer below the minimum."""
    if value < minimum:
        raise ConfigurationError(
            f"{argument} cannot be {value:,}.", field=argument, fix=f"Pass {minimum} or more."
        )
