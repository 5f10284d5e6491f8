"""`--corrections FILE.tsv`: a user's own corrections, read from their file."""

from qasr_cli.core.transcript.corrections import Correction, corrections_from_text
from qasr_cli.errors import UsageError
from qasr_cli.formats.readers.encodings import text_from
from qasr_cli.storage.near_names import reason_of
from qasr_cli.storage.side_files import CORRECTIONS_LIMIT_BYTES, read_side_file


def corrections_from_user(path: str | None) -> tuple[Correction, ...]:
    """The corrections that a file holds; none without a file.

    Raises:
        UsageError: it cannot be read, or one of its lines is no correction.
    """
    if path is None:
        return ()
    try:
        content = read_side_file(path, limit_bytes=CORRECTIONS_LIMIT_BYTES)
    except OSError as error:
        raise UsageError(f"--corrections {path}: {reason_of(error)}") from error
    try:
        return corrections_from_text(text_from(content), table=path)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(f"--corrections {path}: line {line}: not UTF-8 text") from error
    except ValueError as error:
        raise UsageError(f"--corrections {path}: {error}") from error
