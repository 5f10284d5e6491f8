"""How several machines share one batch."""

from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FilePending, FileSkipped
from qasr_cli.core.shard import Shard
from qasr_cli.errors import ExitCode, LockHeld
from qasr_cli.run.state.store import Store
from qasr_cli.saved.reports import read_report
from tests.conftest import WriteWav
from tests.run.conftest import ListeningEngine, RunFolders, with_output, with_run


@pytest.fixture
def shared(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Eight recordings, two of them with one stem."""
    root = tmp_path / "shared"
    for number in range(7):
        write_wav(root / f"{number}.wav", seed=number)
    (root / "0.aiff").write_bytes((root / "0.wav").read_bytes())
    return root


def test_parts_do_every_file_once(shared: Path, run_folders: RunFolders) -> None:
    """The shards together do what one run would; each writes a report, and these merge."""
    parts = [Shard(index=i, count=3) for i in (1, 2, 3)]
    engines = [ListeningEngine() for _ in parts]

    results = [
        run_folders(shared, options=with_run(shard=part), engine=engine)
        for part, engine in zip(parts, engines, strict=True)
    ]

    done = [o.media.relative_path for r in results for o in r.outcomes if isinstance(o, FileDone)]
    assert sorted(done) == sorted(p.name for p in shared.glob("*.[wa]*[vf]"))
    assert (shared / "0.wav.srt").is_file()
    assert not (shared / "processing_report.json").exists()
    merged = read_report(str(shared))
    assert sorted(d["file"] for d in merged["details"]) == sorted(done)
    assert merged["summary"]["successful"] == 8
    assert {type(o) for o in run_folders(shared).outcomes} == {FileSkipped}


def test_parts_run_side_by_side_and_alone(shared: Path, run_folders: RunFolders) -> None:
    """A shard's lock refuses the same shard and the whole batch, but no other shard."""
    first, second = (Shard(index=i, count=2) for i in (1, 2))
    with Store(str(shared), shard=first).lock():
        with pytest.raises(LockHeld):
            run_folders(shared)
        with pytest.raises(LockHeld):
            run_folders(shared, options=with_run(shard=first))
        result = run_folders(shared, options=with_run(shard=second))

    assert result.exit_code == ExitCode.OK
    assert run_folders(shared).exit_code == ExitCode.OK


def test_a_part_leaves_the_temporaries_of_others(shared: Path, run_folders: RunFolders) -> None:
    """A shard removes only temporary files of its own; a run of the whole batch removes all."""
    one, other = (Shard(index=i, count=2) for i in (1, 2))
    (shared / ".qasr").mkdir()
    temporaries = []
    for part in (one, other, None):
        owner = Store(str(shared), shard=part).writer.owner
        temporaries.append(shared / f".qasr-{owner}-0123abcd.tmp")
        temporaries[-1].write_text("half")

    run_folders(shared, options=with_run(shard=one))

    assert [path.exists() for path in temporaries] == [False, True, True]

    run_folders(shared)

    assert [path.exists() for path in temporaries] == [False] * 3


def test_parts_know_each_others_outputs(
    shared: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """The outputs of one shard are known as qasr's own to a run that divides files otherwise."""
    for index in (1, 2):
        run_folders(shared, options=with_run(shard=Shard(index=index, count=2)))
        options = with_run(shard=Shard(index=index, count=2))
        run_folders(shared, options=replace(options, output=with_output(formats=("vtt",)).output))
    for number in range(7):
        write_wav(shared / f"{number}.wav", bursts_s=[(0.2, 3.8)], seed=number + 50)

    result = run_folders(shared)

    assert [type(o) for o in result.outcomes].count(FileDone) == 7
    assert [type(o) for o in result.outcomes].count(FileSkipped) == 1  # the one that is as it was
    assert not any(isinstance(o, FilePending) for o in result.outcomes)
