"""Checks of arguments that more than one function of this package needs."""

from ..exceptions import ConfigurationError


def check_type(value: object, kind: type, argument: str, example: str) -> None:
    """Reject a value of another type. The integer types reject booleans."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ConfigurationError(
            f"{argument} is a value of the type {type(value).__name__}.",
            field=argument,
            fix=f"Pass a value of the type {kind.__name__}, such as {example}.",
        )


def check_count(value: object, minimum: int, argument: str) -> None:
    """Reject anything but an integer of at least the minimum."""
    check_type(value, int, argument, str(max(minimum, 10)))
    if isinstance(value, int) and value < minimum:
        raise ConfigurationError(
            f"{argument} cannot be {value:,}.", field=argument, fix=f"Pass {minimum} or more."
        )


def check_choice(value: object, choices: tuple[str, ...], argument: str) -> None:
    """Reject anything but one of the strings."""
    if value not in choices:
        names = ", ".join(f'"{choice}"' for choice in choices)
        raise ConfigurationError(
            f"The {argument} {value!r} is unknown.", field=argument, fix=f"Use one of: {names}."
        )
