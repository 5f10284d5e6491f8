"""Folders that are done, and what is written of them in another way."""

import shutil
from dataclasses import replace
from pathlib import Path

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.errors import ExitCode
from qasr_cli.options import Options, TextOptions
from tests.run.conftest import OPTIONS, ListeningEngine, RunFolders, with_output

NAMES = ("a.wav", "b.wav", "deep/er/c.wav")


def heard_again(run_folders: RunFolders, folder: Path, options: Options) -> list[str]:
    """The clips that a run hears, which ends well."""
    engine = ListeningEngine()
    assert run_folders(folder, options=options, engine=engine).exit_code is ExitCode.OK
    return engine.heard


def texts_in(folder: Path) -> dict[str, bytes]:
    """All outputs, without results and reports."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in {".srt", ".vtt", ".txt"}
    }


def fresh(folder: Path, run_folders: RunFolders, options: Options) -> dict[str, bytes]:
    """What a run makes of the same recordings where nothing was done before."""
    other = folder.parent / "fresh" / folder.name
    shutil.rmtree(other.parent, ignore_errors=True)
    for path in folder.rglob("*.wav"):
        copy = other / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    run_folders(other, options=options)
    return texts_in(other)


def corrections(find: str, to: str) -> TextOptions:
    """One correction."""
    row = Correction(
        find=find, replace=to, language=None, is_regex=False, is_whole_word=False, line=1
    )
    return TextOptions(corrections=(row,))


CHANGES = {
    "format": with_output(formats=("srt", "vtt")),
    "cut": replace(OPTIONS, cue=CueOptions(max_line_width=20)),
    "line ends": with_output(rendering=replace(OPTIONS.output.rendering, crlf=True)),
    "corrections": replace(OPTIONS, text=corrections("e", "EE")),
    "script": replace(OPTIONS, text=TextOptions(script="hant")),
    "language in the name": with_output(language_suffix=True),
}
