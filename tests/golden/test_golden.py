import json
from pathlib import Path

import pytest

from qasr_cli.core.assemble import ClipOutcome
from qasr_cli.core.cues import cut_cues
from qasr_cli.core.types import ClipDone, Timing, Word
from qasr_cli.formats.registry import format_named
from qasr_cli.options import CueOptions
from tests.strategies import assembled, span_of

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/words.json"))


def rendered(case: Path, format_name: str) -> str:
    """What the words of a case become."""
    document = json.loads((case / "words.json").read_text(encoding="utf-8"))
    clips = [
        ClipOutcome(
            span=span_of(clip["start_ms"], clip["end_ms"]),
            result=ClipDone(
                clip_id=f"f/{index}",
                language=clip["language"],
                text=clip["text"],
                words=tuple(
                    Word(text=text, start_ms=start_ms, end_ms=end_ms)
                    for text, start_ms, end_ms in clip["words"]
                ),
                timing=Timing.ALIGNED,
            ),
        )
        for index, clip in enumerate(document["clips"])
    ]
    transcript = assembled(clips, duration_ms=document["duration_ms"])
    return format_named(format_name).render(transcript, cut_cues(transcript, CueOptions()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("format_name", ["srt", "vtt"])
def test_words_become_the_subtitles_agreed_on(case: Path, format_name: str) -> None:
    """Each case gives the file beside it to the letter; its README says why it is right."""
    expected = (case / f"expected.{format_name}").read_text(encoding="utf-8")

    assert rendered(case, format_name) == expected
