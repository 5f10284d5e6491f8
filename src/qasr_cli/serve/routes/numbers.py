"""Numbers that stand in what is asked for."""

from starlette.requests import Request

from qasr_cli.serve.refusals import Refused

_MOST_DIGITS = 18


def whole_number(text: str) -> int:
    """The whole number that a text is; -1 where it is none."""
    is_whole = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_whole else -1


def number_in(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    """The number that a request names so.

    Raises:
        Refused: it is none, or too small, or too large.
    """
    value = request.query_params.get(name, "")
    if not value:
        return default
    number = whole_number(value)
    if not least <= number <= most:
        message = f"{name} takes a whole number from {least} to {most}"
        raise Refused.bad_request(message, param=name)
    return number
