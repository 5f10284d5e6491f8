"""Numbers of things, as people read them."""

_GIGABYTE = 1_000_000_000


def counted(count: int, one: str, more: str | None = None) -> str:
    """So many of something, one in the singular.

    >>> counted(1, "file"), counted(0, "file"), counted(1234, "entry", "entries")
    ('1 file', '0 files', '1234 entries')
    """
    return f"{count} {one if count == 1 else more or f'{one}s'}"


def size_in_words(size_bytes: int) -> str:
    """So many bytes in the unit that suits them.

    >>> size_in_words(4_080_000_000)
    '4.1 GB'
    """
    if size_bytes < _GIGABYTE:
        return f"{size_bytes / 1e6:.1f} MB"
    return f"{size_bytes / 1e9:.1f} GB"
