"""`--profile NAME|FILE.toml`: a style of subtitles, by name or from the user's own file."""

import difflib

from qasr_cli.cli.arguments.parsing import table_from_toml
from qasr_cli.core.subtitles.styles import STYLES, Style, style_from_table
from qasr_cli.errors import UsageError


def style_from_user(value: str) -> Style:
    """The style of a name, or the one that a TOML file holds.

    Raises:
        UsageError: no style has that name, or the file cannot be read or holds something else.
    """
    if value in STYLES:
        return STYLES[value]
    if not value.endswith(".toml"):
        close = difflib.get_close_matches(value, STYLES, n=1)
        advice = f"did you mean {close[0]}?" if close else f"one of: {', '.join(STYLES)}, FILE.toml"
        raise UsageError(f"--profile {value} is not known; {advice}")
    table = table_from_toml(value, named=f"--profile {value}")
    return style_from_table(value, table)
