"""`--profile NAME|FILE.toml`: a style of subtitles, by name or from the user's own file."""

from qasr_cli.cli.arguments.parsing import table_from_toml
from qasr_cli.core.subtitles.styles import STYLES, Style, style_from_table
from qasr_cli.errors import UsageError
from qasr_cli.errors.suggestions import did_you_mean


def style_from_user(value: str) -> Style:
    """The style of a name, or the one that a TOML file holds.

    Raises:
        UsageError: no style has that name, or the file cannot be read or holds something else.
    """
    if value in STYLES:
        return STYLES[value]
    if not value.endswith(".toml"):
        advice = did_you_mean(value, STYLES) or f"one of: {', '.join(STYLES)}, FILE.toml"
        raise UsageError(f"--profile {value} is not known; {advice}")
    table = table_from_toml(value, named=f"--profile {value}")
    return style_from_table(value, table)
