"""`qasr edit`: a service whose jobs are the user's own files, the worst first."""

import contextlib
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace

from qasr_cli.core.counts import counted
from qasr_cli.errors import ExitCode, InputError, LockHeld, MalformedInput, OutputError
from qasr_cli.options import Options
from qasr_cli.run.state.store import Store
from qasr_cli.saved.in_place.places import Editable, Found, find
from qasr_cli.saved.in_place.worst_first import Ranked, in_order, not_yet, ranked
from qasr_cli.serve.serve_options import Editing, ServeOptions
from qasr_cli.serve.server import serve
from qasr_cli.serve.sockets import Listening
from qasr_cli.serve.state_folder import edit_folder

# Whoever has thousands begins with the worst of those that were looked through by then.
_LOOK_S = 10.0
_SHOWN_COUNT = 5
_NAMED_COUNT = 2
_NO_LOCKS = "this disk has no file locks: a batch that starts meanwhile is not noticed"

Watched = Callable[[Iterable[Ranked | InputError], int], Generator[Ranked | InputError]]


def edit(
    listening: Listening,
    options: Options,
    wanted: ServeOptions,
    paths: Sequence[str],
    *,
    say: Callable[[str], None],
    watched: Watched,
    on_ready: Callable[[str], None],
) -> ExitCode:
    """Have files corrected until a signal comes; the process's code.

    Args:
        wanted: its `state_dir` is that of all edits of this user.
        paths: what the user named.
        say: prints one line for whoever started it.
        watched: hands on what is looked through, of which there are so many.
        on_ready: is given the address to open, right before it answers.

    Raises:
        UsageError: a name stands for nothing that can be corrected.
        LockHeld: a batch is at work there, or another edit.
        MalformedInput: nothing of it can be read.
        OutputError: there is no place for the state.
    """
    found = find(paths)
    name = _name_of(paths)
    for line in _notes(found):
        say(line)
    with edit_folder(wanted.state_dir, found.claims) as folder:
        worst_first = _looked_through(found, name, watched, say)
        on_ready(_address(listening, wanted))
        return serve(
            listening,
            options,
            replace(wanted, state_dir=folder, shows_address=True),
            say=say,
            editing=Editing(name=name, ranked=worst_first),
        )


def _looked_through(
    found: Found, name: str, watched: Watched, say: Callable[[str], None]
) -> tuple[Ranked, ...]:
    """All that can be corrected, the worst first, and said so.

    Raises:
        MalformedInput: nothing of it can be read.
    """
    known: list[Ranked] = []
    failed_count, count = 0, len(found.editables)
    look_until_s = time.monotonic() + _LOOK_S
    with contextlib.closing(watched(ranked(found.editables), count)) as looking:
        for each in looking:
            if isinstance(each, InputError):
                failed_count += 1
                say(f"failed   {each}")
            else:
                known.append(each)
            if time.monotonic() > look_until_s:
                break
    rest = tuple(map(not_yet, found.editables[len(known) + failed_count :]))
    if not known and not rest:
        raise MalformedInput(name, "nothing in it can be corrected")
    worst_first = in_order(known)
    for line in _lines(worst_first, rest_count=len(rest)):
        say(line)
    return (*worst_first, *rest)


def _notes(found: Found) -> Iterator[str]:
    """What a person should know before it is looked through.

    Raises:
        LockHeld: a batch is at work there.
    """
    if found.gone_count:
        gone = counted(found.gone_count, "result")
        yield f"note     {gone} of recordings that are gone left out"
    for line in _obstacles(found):
        yield f"note     {line}"


def _address(listening: Listening, wanted: ServeOptions) -> str:
    port = listening.sockets[0].getsockname()[1]
    shown = f"#key={wanted.key}" if wanted.shows_key else ""
    return f"http://localhost:{port}/{shown}"


def _name_of(paths: Sequence[str]) -> str:
    names = [os.path.basename(os.path.abspath(path)) or path for path in paths]
    more = len(names) - _NAMED_COUNT
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(names[:_NAMED_COUNT]) + rest


def _lines(worst_first: Sequence[Ranked], *, rest_count: int) -> Iterator[str]:
    """What can be corrected, and where to begin."""
    count = counted(len(worst_first) + rest_count, "recording")
    reviewed_count = sum(each.reviewed is not None for each in worst_first)
    seen = f", {reviewed_count} of them reviewed" if reviewed_count else ""
    doubtful = [each for each in worst_first if each.word_count and each.reviewed is None]
    if rest_count:
        yield f"{count} to correct{seen}; {rest_count:,} are looked through meanwhile"
    elif doubtful:
        yield f"{count} to correct{seen}; to listen to again: {len(doubtful)}"
    else:
        yield f"{count} to correct{seen}; nothing to listen to again"
    for each in doubtful[:_SHOWN_COUNT]:
        yield f"  about {each.word_count:.1f} words in doubt: {each.editable.name}"
    if len(doubtful) > _SHOWN_COUNT:
        yield f"  and {len(doubtful) - _SHOWN_COUNT} more"


def _obstacles(found: Found) -> Iterator[str]:
    """Why nothing can be saved, or less surely than elsewhere.

    Raises:
        LockHeld: a batch is at work there.
    """
    for root in sorted({each.state.store.root for each in found.editables if each.state}):
        try:
            with Store(root).lock(is_needed=False) as has_locks:
                if not has_locks:
                    yield f"{root}: {_NO_LOCKS}"
        except LockHeld as error:
            advice = "a batch is at work there, or another save; try again when it has ended"
            raise LockHeld(root, error.marker, advice) from error
        except OutputError as error:
            yield f"{error}: it can be looked at, and nothing saved"
    folders = {_folder_of(each) for each in found.editables if each.state is None}
    for folder in sorted(folders):
        if not os.access(folder, os.W_OK):
            yield f"{folder}: it cannot be written to: it can be looked at, and nothing saved"


def _folder_of(editable: Editable) -> str:
    return os.path.dirname(os.path.realpath(editable.path))
