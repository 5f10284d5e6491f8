"""Faults to plant in a run, through a folder on its PYTHONPATH: the tools have to find each."""

from pathlib import Path

WRITES_IN_PLACE = """
import os
from qasr_cli.storage.files import Writer

def write_output(self, path, data, **_):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)

Writer.write_output = write_output
"""

MARKS_BEFORE_OUTPUTS = """
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import Writer

commit, write_output = Store.commit, Writer.write_output
waiting = []

def commit_first(self, *given):
    commit(self, *given)
    while waiting:
        writer, given, named = waiting.pop(0)
        write_output(writer, *given, **named)

Store.commit = commit_first
Writer.write_output = lambda self, *given, **named: waiting.append((self, given, named))
"""

SYNCS_NO_FILE = """
import os, stat

fsync = os.fsync
os.fsync = lambda fd: stat.S_ISREG(os.fstat(fd).st_mode) or fsync(fd)
"""

SYNCS_NO_FOLDER = """
import os, stat

fsync = os.fsync
os.fsync = lambda fd: stat.S_ISDIR(os.fstat(fd).st_mode) or fsync(fd)
"""

NOTES_NO_OUTPUTS = """
from qasr_cli.run.state.journal import Journal

Journal.note_outputs = lambda *_: None
"""

LEAVES_TEMPORARIES = """
import os

unlink = os.unlink
os.unlink = lambda path, **named: None if str(path).endswith(".tmp") else unlink(path, **named)
"""

IGNORES_THE_DISK = """
import contextlib
from qasr_cli.storage.files import Writer

write_output = Writer.write_output

def try_to_write(self, *given, **named):
    with contextlib.suppress(Exception):
        write_output(self, *given, **named)

Writer.write_output = try_to_write
"""

KEEPS_EVERYTHING = """
from qasr_cli.run.state.store import Store

commit, kept = Store.commit, []

def commit_and_keep(self, *given):
    kept.append(b"x" * 3_000_000)
    commit(self, *given)

Store.commit = commit_and_keep
"""

TRUSTS_ITS_STATE = """
import json
from qasr_cli.storage import documents

documents.json_from = json.loads
"""

FORGETS_RESULTS = """
from qasr_cli.run.state.store import Store

Store.read_head = lambda *_: None
"""


def planted(folder: Path, fault: str) -> str:
    """The PYTHONPATH of a run with this fault."""
    (folder / "sitecustomize.py").write_text(fault)
    return str(folder)
