"""What stands between two lines that become one. Pure."""

from qasr_cli.core.text import is_thai, is_unspaced


def joint_of(left: str, right: str) -> str:
    """A space, but nothing in scripts that have none.

    >>> joint_of("Good day,", "everyone."), joint_of("我在家", "喝茶")
    (' ', '')
    """
    # Thai has no space between words, but where it breaks a line a space stood.
    is_seamless = all(is_unspaced(char) and not is_thai(char) for char in (left[-1], right[0]))
    return "" if is_seamless else " "
