"""Two processes that finish the same file: only one of them writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FilePending, FileSkipped
from qasr_cli.core.shard import Shard
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import ExitCode
from qasr_cli.run.events import ClipFinished, Event
from qasr_cli.run.state import claims
from qasr_cli.run.state.claims import Claims, WrittenByAnother
from qasr_cli.run.state.part import new_lane_name
from qasr_cli.run.state.store import Store
from tests.run.conftest import Recorder, RunFolders, with_run

LANES = ("p1h00000000n00000001", "p2h00000000n00000002")


def _claims(store: Store, patience_s: float = 0.0) -> Claims:
    return Claims(part=store.part, owner=store.writer.owner, are_needed=True, patience_s=patience_s)


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Store, Store]:
    """Two lanes of one output folder."""
    (tmp_path / ".qasr").mkdir()
    return Store(str(tmp_path), lane=LANES[0]), Store(str(tmp_path), lane=LANES[1])


def test_nobody_writes_what_a_living_process_writes(stores: tuple[Store, Store]) -> None:
    """Who comes second is told so, and gets the claim once the first has let it go."""
    one, other = stores
    with one.lock(), other.lock():
        with _claims(one).hold("a.wav"):
            with pytest.raises(WrittenByAnother) as refused, _claims(other).hold("a.wav"):
                pass
            with _claims(other).hold("b.wav"):
                pass
        with _claims(other).hold("a.wav"):
            pass

    assert not refused.value.is_done


def test_a_claim_of_a_dead_process_is_taken(stores: tuple[Store, Store]) -> None:
    """Its lock says that it is dead: no clock has to run out."""
    one, other = stores
    with one.lock():
        held = _claims(one).hold("a.wav")
        held.__enter__()
    with other.lock(), _claims(other).hold("a.wav"):
        found = os.listdir(Path(other.state_folder) / claims.FOLDER)

    assert len([name for name in found if not name.startswith(("takeover", ".qasr-"))]) == 1


def test_a_dead_claim_is_taken_on_a_disk_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --no-lock a worker that died in the middle of writing holds nobody up for ever."""
    monkeypatch.setattr("qasr_cli.system.file_locks.ARE_KNOWN", False)
    (tmp_path / ".qasr").mkdir()
    names_itself = "from qasr_cli.storage.temporaries import owner_of_process as o; print(o())"
    ended = subprocess.run([sys.executable, "-c", names_itself], check=True, stdout=subprocess.PIPE)
    dead = Store(str(tmp_path), lane=f"{ended.stdout.decode().strip()}n00000001")
    living = Store(str(tmp_path), lane=new_lane_name())
    with dead.lock(is_needed=False):
        held = _claims(dead).hold("a.wav")
        held.__enter__()
    with living.lock(is_needed=False), _claims(living).hold("a.wav"):
        other = Store(str(tmp_path), lane=new_lane_name())
        with pytest.raises(WrittenByAnother), _claims(other).hold("a.wav"):
            pass


def test_a_part_takes_the_claim_of_its_own_earlier_process(tmp_path: Path) -> None:
    """A part that is started again has the lock under which its dead process held the claim."""
    (tmp_path / ".qasr").mkdir()
    store = Store(str(tmp_path), shard=Shard(index=1, count=2))
    with store.lock():
        held = _claims(store).hold("a.wav")
        held.__enter__()
    again = Store(str(tmp_path), shard=Shard(index=1, count=2))
    with again.lock(), _claims(again).hold("a.wav"):
        pass


def test_a_claim_that_says_nothing_is_nobodys(stores: tuple[Store, Store]) -> None:
    """Ours are whole or not there; what is damaged keeps no file from being written."""
    one, _ = stores
    folder = Path(one.state_folder) / claims.FOLDER
    with one.lock():
        with _claims(one).hold("a.wav"):
            (claim,) = [path for path in folder.iterdir() if not path.name.startswith(".")]
        claim.write_text("{half")
        with _claims(one).hold("a.wav"):
            pass


def test_what_was_written_meanwhile_is_not_written_again(stores: tuple[Store, Store]) -> None:
    """A result that came since work began is another process's."""
    one, _ = stores
    with one.lock():
        mine = _claims(one)
        mine.begin("a.wav")
        result = Path(one.result_path("a.wav"))
        result.parent.mkdir(parents=True)
        result.write_text("{}")
        with pytest.raises(WrittenByAnother) as refused, mine.hold("a.wav"):
            pass

    assert refused.value.is_done


def test_a_file_that_another_part_did_meanwhile_is_skipped(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """Parts of unlike counts overlap: the one that comes second throws its own away."""
    parts = [Shard(index=1, count=1), Shard(index=1, count=1)]
    others: list[object] = []

    def do_the_same(event: Event) -> None:
        if isinstance(event, ClipFinished) and not others:
            others.append(event)
            store = Store(str(folder))
            # What another machine would do: it cannot run here, under this part's lock.
            for name in ("a.wav", "b.wav", "deep/er/c.wav"):
                path = Path(store.result_path(name))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(done[name])

    run_folders(folder, options=with_run(shard=parts[0]))
    store = Store(str(folder))
    names = ("a.wav", "b.wav", "deep/er/c.wav")
    done = {name: Path(store.result_path(name)).read_bytes() for name in names}
    for name in names:
        Path(store.result_path(name)).unlink()
    recorder.react = do_the_same

    result = run_folders(folder, options=with_run(shard=parts[1]), engine=FakeEngine())

    reasons = {o.reason for o in result.outcomes if isinstance(o, FileSkipped)}
    assert "done by another process meanwhile" in reasons
    assert not any(isinstance(outcome, FilePending) for outcome in result.outcomes)
    assert result.exit_code == ExitCode.OK


def test_a_file_that_another_process_is_writing_is_left_to_it(
    folder: Path, run_folders: RunFolders
) -> None:
    """It stays pending, and the run says so by its code: the other may die yet."""
    (folder / ".qasr").mkdir()
    other = Store(str(folder), shard=Shard(index=1, count=3))
    with other.lock(), _claims(other).hold("a.wav"):
        result = run_folders(folder, options=with_run(shard=Shard(index=1, count=1)))

    kinds = {outcome.media.relative_path: type(outcome) for outcome in result.outcomes}
    assert kinds["a.wav"] is FilePending
    assert kinds["b.wav"] is FileDone
    assert result.exit_code == ExitCode.TRY_LATER
