"""Where state and reports lie in an output folder. Looks folders up; writes nothing."""

import hashlib
import os

from qasr_cli.storage.name_limits import name_limit_of

STATE_FOLDER = ".qasr"
REPORT_NAME = "processing_report.json"
JOURNAL_NAME = "journal.jsonl"
LONG_NAMES = ".long"  # the folder of results whose recordings have too long a name
_MAX_NAME_BYTES = 255  # of one name, on every common file system


def report_path(root: str) -> str:
    """Where the report of a whole batch stands."""
    return os.path.join(root, REPORT_NAME)


def shard_report_paths(root: str) -> tuple[str, ...]:
    """The reports of the parts of a batch, as far as they are there."""
    folders = shard_folders(os.path.join(root, STATE_FOLDER))
    paths = (os.path.join(folder, REPORT_NAME) for folder in folders)
    return tuple(path for path in paths if os.path.isfile(path))


def journal_paths(state_folder: str) -> tuple[str, ...]:
    """The journals of a whole batch, its parts and their workers, whether they are there or not."""
    runs = (state_folder, *shard_folders(state_folder))
    folders = (folder for run in runs for folder in (run, *lane_folders(run)))
    return tuple(os.path.join(folder, JOURNAL_NAME) for folder in folders)


def shard_folders(state_folder: str) -> tuple[str, ...]:
    """The state folders of the parts of a batch that are there, in order of their names."""
    return _folders_in(os.path.join(state_folder, "shards"))


def lane_folders(folder: str) -> tuple[str, ...]:
    """The folders of the workers of a batch, or of a part, that are there."""
    return _folders_in(os.path.join(folder, "lanes"))


def lane_folder(folder: str, lane: str) -> str:
    """The folder of one worker of a batch, or of a part."""
    return os.path.join(folder, "lanes", lane)


def shard_plan_path(state_folder: str) -> str:
    """Where it is written which part of a batch does which file."""
    return os.path.join(state_folder, "shards", "plan.json")


def _folders_in(folder: str) -> tuple[str, ...]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ()
    paths = (os.path.join(folder, name) for name in names)
    return tuple(path for path in paths if os.path.isdir(path))


def shard_folder(state_folder: str, part: str) -> str:
    """The state folder of one part of a batch."""
    return os.path.join(state_folder, "shards", part)


def results_folder(state_folder: str) -> str:
    """Where the results of all inputs lie."""
    return os.path.join(state_folder, "results")


def result_path(state_folder: str, name: str) -> str:
    """Where the result of an input lies: below its name, or a digest where that is too long."""
    results = results_folder(state_folder)
    last = os.path.basename(name)
    is_too_long = len(_bytes_of(last)) > _MAX_NAME_BYTES - len(".json")
    if is_too_long or not name_limit_of(results, last).takes(last + ".json"):
        return os.path.join(results, LONG_NAMES, digest_of_name(name) + ".json")
    return os.path.join(results, name + ".json")


def digest_of_name(name: str) -> str:
    """A file name for any input, however long or odd its own is."""
    return hashlib.sha256(_bytes_of(name)).hexdigest()


def _bytes_of(name: str) -> bytes:
    """The name as it is on the disk, whatever the locale says about names."""
    return name.encode("utf-8", "surrogateescape")
