import ast
from pathlib import Path

import qasr_cli

SOURCES = Path(qasr_cli.__file__).parent
# They decode a whole file into memory, and let a file's name choose what ffmpeg opens.
BANNED = {
    "from_file",
    "from_mp3",
    "from_ogg",
    "from_flv",
    "from_wav",
    "from_file_using_temporary_files",
}


def test_no_file_is_decoded_as_a_whole() -> None:
    """Nothing calls pydub's readers of files, under whatever name the class was imported."""
    found = [
        f"{path.relative_to(SOURCES)}:{node.lineno}"
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in BANNED)
        or (isinstance(node, ast.Name) and node.id in BANNED)
    ]

    assert found == []
