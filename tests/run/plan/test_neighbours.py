"""Names of outputs are those that a look at all inputs at once gives."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qasr_cli.options import OutputOptions
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.plan.output_names import all_hotword_paths, output_bases, suffixes_of
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.plan.standing_outputs import named_with_extension, standing_outputs
from qasr_cli.run.state.layout import report_path
from tests.conftest import WriteWav
from tests.run.conftest import RunFolders, plan_for

STEMS = ("a", "A", "b", "a.mp3", "hotwords", "a.hotwords", "processing_report", "x" * 240)
FORMATS = st.sets(st.sampled_from(("srt", "txt", "json")), min_size=1).map(tuple)
NAMES = st.sets(
    st.tuples(
        st.sampled_from(("", "d/", "D/", "d/e/")),
        st.sampled_from(STEMS),
        st.sampled_from((".mp3", ".wav", ".MP3")),
    ).map("".join),
    max_size=12,
)


def bases_in(plan: Plan) -> dict[str, str]:
    """Relative path -> what its outputs are called."""
    return {job.media.relative_path: str(job.base) for job in plan.jobs}


def bases_at_once(plan: Plan, output: OutputOptions) -> dict[str, str]:
    """The same by a look at all inputs."""
    stores = {job.media.relative_path: (job.store, job.name) for job in plan.jobs}
    folder_of = {
        rel: os.path.dirname(os.path.join(store.root, name))
        for rel, (store, name) in stores.items()
        if store is not None
    }
    bases = output_bases(
        [job.media for job in plan.jobs],
        folder_of,
        suffixes=suffixes_of(output),
        reserved={report_path(store.root) for store in plan.stores}
        | all_hotword_paths(job.media for job in plan.jobs),
        standing=lambda rel: standing_outputs(*stores[rel]),  # type: ignore[arg-type]
        renamed=named_with_extension(folder_of.items()),
    )
    return {rel: str(base) for rel, base in bases.items()}


@settings(max_examples=60)
@given(NAMES, FORMATS, st.booleans())
@example({"a.mp3", "a.wav", "a.mp3.wav"}, ("srt",), False)
@example({"hotwords.mp3", "b.wav", "d/a.wav"}, ("txt",), False)
@example({"processing_report.mp3"}, ("json",), False)
def test_names_do_not_depend_on_who_is_looked_at(
    names: set[str], formats: tuple[str, ...], is_mirrored: bool
) -> None:
    """Of inputs that nobody else could be in the way of, nothing else is ever looked at."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary).resolve() / "in"
        root.mkdir()
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(name.encode())
        output = OutputOptions(
            formats=formats, output_dir=str(root.parent / "out") if is_mirrored else None
        )
        plan = jobs_for_folders([str(root)], output=output, walk=Walk())

        assert {job.media.relative_path for job in plan.jobs} == names
        assert bases_in(plan) == bases_at_once(plan, output)


@pytest.mark.parametrize("gone", ["talk.wav", "talk.aiff"])
def test_who_keeps_its_extension_is_looked_at(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders, gone: str
) -> None:
    """What is done is named as its outputs are, also when its neighbour has gone."""
    for name in ("talk.wav", "talk.aiff", "other.wav"):
        write_wav(tmp_path / name, seed=len(name))
    run_folders(tmp_path)
    (tmp_path / gone).unlink()
    plan = plan_for(tmp_path)

    assert bases_in(plan) == bases_at_once(plan, OutputOptions())
    (left,) = {"talk.wav", "talk.aiff"} - {gone}
    assert f"{left}'" in bases_in(plan)[left]
