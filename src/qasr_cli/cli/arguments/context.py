"""`--context` and `--hotwords`: what the recogniser is told about every recording."""

from qasr_cli.cli.arguments.parsing import typed_text
from qasr_cli.core.clips.context import Context, context_text, hotwords_from_text
from qasr_cli.errors import UsageError
from qasr_cli.formats.readers.encodings import text_from
from qasr_cli.storage.near_names import reason_of
from qasr_cli.storage.side_files import CONTEXT_LIMIT_BYTES, read_side_file


def context_from_user(text: str | None, hotwords: str | None) -> Context:
    """The context that the values of `--context` and `--hotwords` stand for.

    Raises:
        UsageError: a file that one of them names cannot be read, or both are too long.
    """
    try:
        return Context(
            text=context_text(_spelt_out("--context", text)),
            hotwords=hotwords_from_text(_spelt_out("--hotwords", hotwords)),
        )
    except ValueError as error:
        raise UsageError(f"--context, --hotwords: {error}") from error


def _spelt_out(option: str, value: str | None) -> str:
    """The value itself, or the content of the file that it names as `@FILE`."""
    if value is None or not value.startswith("@"):
        return typed_text(value or "")
    try:
        return text_from(read_side_file(value[1:], limit_bytes=CONTEXT_LIMIT_BYTES))
    except OSError as error:
        raise UsageError(f"{option} {value}: {reason_of(error)}") from error
    except ValueError as error:
        raise UsageError(f"{option} {value}: is not UTF-8 text; save it as UTF-8 first") from error
