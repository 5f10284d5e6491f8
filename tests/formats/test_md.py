import re
from dataclasses import replace

from hypothesis import given

from qasr_cli.core.types import Segment, TextWord, Transcript
from qasr_cli.formats.md import render
from tests.formats.conftest import EMPTY
from tests.strategies import transcripts


def transcript_of(*sentences: tuple[int, int, str], speaker: str | None = None) -> Transcript:
    """A transcript of sentences at times."""
    text = " ".join(sentence for _, _, sentence in sentences)
    segments = []
    position = 0
    for start_ms, end_ms, sentence in sentences:
        char_end = min(position + len(sentence) + 1, len(text))
        word = TextWord(start_ms=start_ms, end_ms=end_ms, char_start=position, char_end=char_end)
        segments.append(
            Segment(
                start_ms=start_ms,
                end_ms=end_ms,
                char_start=position,
                char_end=char_end,
                language="English",
                words=(word,),
                speaker=speaker,
            )
        )
        position = char_end
    return replace(
        EMPTY,
        file="talks/one_two.mp4",
        language="English",
        duration_ms=3_725_000,
        text=text,
        segments=tuple(segments),
    )


@given(transcripts())
def test_the_whole_text_is_in_it(transcript: Transcript) -> None:
    """Without times and escapes the paragraphs are the text."""
    whole = replace(transcript, clips=())  # without places where nothing could be heard
    _, _, *paragraphs = render(whole, ()).rstrip("\n").split("\n\n")

    bare = [re.sub(r"^\*\*\[[\d:]+\]\*\* ", "", paragraph) for paragraph in paragraphs]
    unescaped = re.sub(r"\\([\\`*_\[\]<~&])", r"\1", "".join(bare))
    assert "".join(unescaped.split()) == "".join(transcript.text.split())


def test_it_reads_as_a_page() -> None:
    """A heading, the facts, and a paragraph with its time after each long pause."""
    transcript = transcript_of(
        (1000, 2000, "First of all."), (2100, 3000, "We *can*."), (65_000, 66_000, "&amp; <b>")
    )

    assert render(transcript, ()) == (
        "# one\\_two.mp4\n\nEnglish, 01:02:05\n\n"
        "**[00:00:01]** First of all. We \\*can\\*.\n\n"
        "**[00:01:05]** \\&amp; \\<b>\n"
    )


def test_a_paragraph_names_its_speaker_and_does_not_run_on() -> None:
    """Without pauses a new paragraph begins when a page's worth has been said."""
    sentences = [(index * 1000, index * 1000 + 999, "word " * 29 + "end.") for index in range(10)]

    paragraphs = render(transcript_of(*sentences, speaker="Ann"), ()).split("\n\n")[2:]

    assert len(paragraphs) > 1
    assert all(len(paragraph) < 800 for paragraph in paragraphs)
    assert all(paragraph.partition("]** ")[2].startswith("Ann: ") for paragraph in paragraphs)


def test_no_name_starts_a_line_or_holds_controls() -> None:
    """A speaker's name is somebody else's text: it makes no heading, and no terminal obeys it."""
    told = render(transcript_of((0, 900, "Hi."), speaker="An\0n\n# \x1b[2J"), ())

    assert "**[00:00:00]** Ann # " in told
    assert "\0" not in told
    assert "\x1b" not in told
