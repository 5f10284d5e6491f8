"""Numbers of things, as people read them."""


def counted(count: int, one: str, more: str | None = None) -> str:
    """So many of something, one in the singular.

    >>> counted(1, "file"), counted(0, "file"), counted(1234, "entry", "entries")
    ('1 file', '0 files', '1234 entries')
    """
    return f"{count} {one if count == 1 else more or f'{one}s'}"
