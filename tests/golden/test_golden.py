import json
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.types import ClipDone, Timing, Transcript, Word
from qasr_cli.formats.dictionaries import phrase_ends_of
from qasr_cli.formats.registry import format_named
from tests.strategies import assembled, span_of

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/words.json"))


def transcript_of(case: Path) -> Transcript:
    """What the words of a case add up to."""
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
    return assembled(clips, duration_ms=document["duration_ms"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("format_name", ["srt", "vtt"])
def test_words_become_the_subtitles_agreed_on(case: Path, format_name: str) -> None:
    """Each case gives the file beside it to the letter; its README says why it is right."""
    expected = (case / f"expected.{format_name}").read_text(encoding="utf-8")
    transcript = transcript_of(case)

    cues = cut_cues(transcript, CueOptions(), phrase_ends=phrase_ends_of(transcript))

    assert format_named(format_name).render(transcript, cues) == expected
