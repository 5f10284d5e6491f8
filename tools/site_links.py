"""A hook of MkDocs: what the documents say in another way to whoever reads them in the tree.

There, links out of `docs/` are relative, so that they can be followed; here they lead to the
repository. There, a bar in code in a table has a backslash before it, as GitHub wants it.
"""

import posixpath
import re
from typing import Any

# In Markdown: a link or picture whose address leaves the folder.
_OUTWARD = re.compile(r"(\]\(|^\[[^\]]+\]: )((?:\.\./)+[^)\s]+)", re.MULTILINE)

_CODE = re.compile(r"`[^`\n]+`")


def in_repository(markdown: str, page: str, repository: str) -> str:
    """The text of a page, with such links made absolute.

    Args:
        page: its path below `docs/`.

    >>> in_repository("[it](../examples/jq)", "report.md", "https://example.org/qasr/")
    '[it](https://example.org/qasr/blob/main/examples/jq)'
    """

    def absolute(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), found[2]))
        if path.startswith("docs/"):
            return found[0]
        return f"{found[1]}{repository.rstrip('/')}/blob/main/{path}"

    return _OUTWARD.sub(absolute, markdown)


def with_plain_bars(markdown: str) -> str:
    r"""The text of a page with bars in code as Python's Markdown takes them.

    >>> with_plain_bars(r"| `a\|b` | c \| d |")
    '| `a|b` | c \\| d |'
    """
    rows = re.compile(r"^\|.*$", re.MULTILINE)
    return rows.sub(
        lambda row: _CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0]), markdown
    )


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: object) -> str:  # noqa: ANN401  # MkDocs' own
    """What MkDocs calls with the text of each page."""
    text = in_repository(markdown, page.file.src_uri, config.extra["repository"])
    return with_plain_bars(text)
