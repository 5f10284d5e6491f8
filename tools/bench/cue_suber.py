"""SubER, the edits that turn one subtitle into another, by the `subtitle-edit-rate` package.

Source: Wilken et al. 2022, "SubER: A metric for automatic evaluation of subtitle quality".
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.types import Cue, ReadCue, Transcript
from qasr_cli.formats.registry import format_named

_SLICE_MS = 5 * 60_000
_SUBER_TIMEOUT_S = 120  # of a slice


def suber(transcript: Transcript, cues: Sequence[Cue], reference: Sequence[ReadCue]) -> str:
    """SubER from the `subtitle-edit-rate` package, over slices of minutes; "-" without it."""
    program = shutil.which(
        "suber", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    if program is None:
        return "-"
    wanted = [Cue(start_ms=c.start_ms, end_ms=c.end_ms, lines=c.lines) for c in reference]
    edges_ms = slice_edges_ms(cues, wanted)
    code = code_of(transcript.language)
    tokens = ["-l", code] if code in ("zh", "ja", "ko") else []
    with tempfile.TemporaryDirectory() as folder:
        ours = _write_slices(transcript, cues, edges_ms, Path(folder, "ours"))
        theirs = _write_slices(transcript, wanted, edges_ms, Path(folder, "theirs"))
        try:
            done = subprocess.run(
                [program, "-H", *ours, "-R", *theirs, *tokens],
                capture_output=True,
                text=True,
                timeout=_SUBER_TIMEOUT_S * len(ours),
                check=True,
            )
        except subprocess.TimeoutExpired:
            return "timeout"
        except subprocess.CalledProcessError as error:
            return f"failed ({error.returncode})"
    found = re.search(r'"SubER":\s*([\d.]+)', done.stdout)
    return found.group(1) if found else "?"


def slice_edges_ms(cues: Sequence[Cue], reference: Sequence[Cue]) -> list[int]:
    """Where both can be cut without parting a cue: about every five minutes, the last at the end.

    SubER takes time with the square of what hangs together, and cues without gaps all do.
    """
    shared_ms = sorted({cue.start_ms for cue in cues} & {cue.start_ms for cue in reference})
    edges_ms: list[int] = []
    for start_ms in shared_ms:
        if start_ms >= _SLICE_MS + (edges_ms[-1] if edges_ms else 0):
            edges_ms.append(start_ms)
    return [*edges_ms, max((cue.start_ms for cue in (*cues, *reference)), default=0) + 1]


def _write_slices(
    transcript: Transcript, cues: Sequence[Cue], edges_ms: Sequence[int], folder: Path
) -> list[str]:
    folder.mkdir()
    starts_ms = [cue.start_ms for cue in cues]
    stops = [bisect_left(starts_ms, edge_ms) for edge_ms in edges_ms]
    paths: list[str] = []
    for first, stop in pairwise((0, *stops)):
        path = folder / f"{len(paths)}.srt"
        path.write_text(
            format_named("srt").render(transcript, tuple(cues[first:stop])), encoding="utf-8"
        )
        paths.append(str(path))
    return paths
