"""What a transcript says of clips that failed or have warnings."""

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.types import ClipFailed, Timing
from qasr_cli.errors import AlignmentError, RecognitionError
from tests.core.transcript.recognised import clip
from tests.strategies import assembled, span_of


def test_a_failed_alignment_keeps_the_text() -> None:
    """Partial success: the text is there, the times are marked, the warning says where."""
    failed = ClipFailed(
        clip_id="f/0",
        stage="align",
        error=AlignmentError("f/0", "no path"),
        text="Hello there.",
        language="English",
    )

    transcript = assembled([ClipOutcome(span=span_of(0, 2000), result=failed, attempts=4)])

    assert transcript.text == "Hello there."
    note = transcript.clips[0]
    assert (note.status, note.timing, note.attempts) == ("done", Timing.PROPORTIONAL, 4)
    (warning,) = transcript.warnings
    assert warning.startswith("00:00:00.000 - 00:00:02.000: word times are estimated: ")
    assert warning.endswith("no path")


def test_a_clip_without_text_leaves_a_note_and_a_warning() -> None:
    """The warning names the times of the clip that failed; the others keep their text."""
    failed = ClipFailed(
        clip_id="f/1", stage="recognise", error=RecognitionError("f/1", "no memory")
    )
    clips = [
        clip(0, 1000, "One."),
        ClipOutcome(span=span_of(61_000, 62_500), result=failed),
        clip(63_000, 64_000, "Two."),
    ]

    transcript = assembled(clips)

    assert transcript.text == "One. Two."
    assert [note.status for note in transcript.clips] == ["done", "failed", "done"]
    assert transcript.warnings[0].startswith("00:01:01.000 - 00:01:02.500: nothing was recognised")


def test_a_warning_of_many_clips_is_said_once() -> None:
    """A thousand clips with the same warning give one line, with their number."""
    clips = [clip(i * 1000, (i + 1) * 1000, "Nei.", warnings=("no aligner",)) for i in range(1000)]

    assert assembled(clips).warnings == (
        "00:00:00.000 - 00:00:01.000: no aligner (and 999 more clips)",
    )
