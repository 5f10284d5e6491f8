import sys

import pytest

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.types import ClipDone, Timing, Transcript
from qasr_cli.formats.dictionaries import phrase_ends_of
from tests.strategies import assembled, span_of

TEXTS = {
    "Chinese": "我们今天来谈谈城市里的水。很多人以为水是用不完的。",
    "Japanese": "昨日は友達と公園に行きました。",
    "English": "We talk about water today.",
}


def transcript_of(*languages: str) -> Transcript:
    """A clip in each of these languages."""
    return assembled(
        [
            ClipOutcome(
                span=span_of(index * 5000, index * 5000 + 5000),
                result=ClipDone(
                    clip_id=f"f/{index}",
                    language=language,
                    text=TEXTS[language],
                    words=(),
                    timing=Timing.PROPORTIONAL,
                ),
            )
            for index, language in enumerate(languages)
        ]
    )


@pytest.mark.parametrize(
    ("language", "module", "word"),
    [("Chinese", "rjieba", "城市"), ("Japanese", "budoux", "公園に")],
)
def test_words_end_where_a_dictionary_says(language: str, module: str, word: str) -> None:
    """Offsets are those of the transcript's text; languages with spaces have none."""
    pytest.importorskip(module)
    transcript = transcript_of("English", language)

    (found,) = phrase_ends_of(transcript).items()

    place = transcript.text.index(word)
    assert found[0] == language
    assert {place, place + len(word)} <= set(found[1])
    assert place + 1 not in found[1]
    assert len(transcript.text) in found[1]


def test_without_dictionaries_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package is no error."""
    monkeypatch.setitem(sys.modules, "rjieba", None)
    monkeypatch.setitem(sys.modules, "budoux", None)

    assert phrase_ends_of(transcript_of("Chinese", "Japanese")) == {}
