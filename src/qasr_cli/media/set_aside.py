"""Folders that systems keep beside a user's own: bins, snapshots, data of a system or a program.

What lies in a bin was thrown away, and a snapshot holds everything a second time. Names are those
of Windows, macOS, freedesktop.org, and of Synology, QNAP, Buffalo, NetApp and ZFS file servers.
"""

from enum import Enum, auto

_BINS = frozenset(
    {
        *("#recycle", "@recycle", "$recycle.bin", "recycler", "recycle.bin", ".recycle"),
        *("trashbox", "network trash folder", "lost+found"),
    }
)
_BIN_BEGINNING = ".trash"  # .Trash, .Trashes, .Trash-1000
_SNAPSHOTS = frozenset(
    {
        *("#snapshot", "@snapshot", "@recently-snapshot", ".snapshot", ".snapshots", "~snapshot"),
        *(".zfs", ".ckpt", ".timemachine", ".mobilebackups"),
    }
)
_SYSTEM = frozenset(
    {
        *("@eadir", "@tmp", "@sharebin", "@synoresource", ".@__thumb", "@__thumb", ".@__qini"),
        *("system volume information", "__macosx", ".appledouble", ".appledb", ".appledesktop"),
        *(".spotlight-v100", ".fseventsd", ".temporaryitems", "temporary items", ".qasr"),
        *(".documentrevisions-v100", ".git"),
    }
)


class Kind(Enum):
    """What an entry of a folder is, by its name."""

    OWN = auto()  # the user's: it is walked, or may be a recording
    BIN = auto()
    HIDDEN = auto()
    FOREIGN = auto()  # holds copies, or what no user recorded


def kind_of_folder(name: str) -> Kind:
    """What a folder is, by its name; upper and lower case are one."""
    name = name.lower()
    if name in _BINS or name.startswith(_BIN_BEGINNING):
        return Kind.BIN
    if name in _SNAPSHOTS or name in _SYSTEM:
        return Kind.FOREIGN
    return Kind.HIDDEN if name.startswith(".") else Kind.OWN


def kind_of_file(name: str) -> Kind:
    """What a file is, by its name."""
    if name.startswith("._"):  # macOS's own notes on a file of the rest of that name
        return Kind.FOREIGN
    return Kind.HIDDEN if name.startswith(".") else Kind.OWN
