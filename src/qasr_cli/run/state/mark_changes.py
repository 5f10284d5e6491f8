"""A result with another field in its mark; what was heard is copied byte by byte."""

from qasr_cli.run.state.content import Content
from qasr_cli.run.state.marks import HEAD_END, LONGEST_HEAD_BYTES, Mark, head_line
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from, open_regular


def with_content(path: str, content: Content) -> bytes:
    """The bytes of a result with another content in its mark.

    Raises:
        OSError, DamagedDocument: no whole one lies there any more.
    """
    return _with_in_mark(path, media=content.to_document())


def with_reviewed(path: str, reviewed: str | None) -> bytes:
    """The bytes of a result with another `Mark.reviewed`.

    Raises:
        OSError, DamagedDocument: no whole one lies there any more.
    """
    return _with_in_mark(path, reviewed=reviewed)


def _with_in_mark(path: str, **changed: object) -> bytes:
    """The bytes of a result with other fields in its mark; None takes one out."""
    with open_regular(path) as file:
        line, rest = file.readline(LONGEST_HEAD_BYTES), file.read()
    if not line.endswith(HEAD_END):
        raise DamagedDocument("its head is not in a line of its own")
    head = json_from(line.removesuffix(HEAD_END) + b"}")
    Mark.from_fields(Fields(head).inner("mark"))
    mark = head["mark"] | changed
    head["mark"] = {name: value for name, value in mark.items() if value is not None}
    return head_line(head) + rest
