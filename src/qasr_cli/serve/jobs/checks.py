"""What `qasr lint` says of subtitles that somebody edits. They may be wrong in any way."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from qasr_cli.core.cues_json import line_speakers
from qasr_cli.core.language.limits import Limits
from qasr_cli.core.subtitles.cue_options import limits_of
from qasr_cli.core.subtitles.lint import lint
from qasr_cli.core.subtitles.speakers.labels import labelled_lines
from qasr_cli.core.types import Cue, ReadCue
from qasr_cli.options import Options
from qasr_cli.saved.subtitles import language_of_subtitles
from qasr_cli.serve import settings
from qasr_cli.serve.jobs.cues import MOST_BODY_BYTES, Bounds
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, Fields

# Nothing is kept of what is checked, which may be what a file has.
_BOUNDS = Bounds(
    most_text_chars=MOST_BODY_BYTES,
    most_speaker_chars=MOST_BODY_BYTES,
    odd_chars=frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0)))),
)
# What the page needs to count by itself while somebody types.
_LIMITS = (
    "line_chars",
    "line_count",
    "chars_per_s",
    "min_duration_ms",
    "max_duration_ms",
    "gap_ms",
    "chain_ms",
    "char_columns",
    "dash_space",
)


def checked_as_sent(sent: object, options: Options) -> dict[str, Any]:
    """What is wrong with the cues that a client sent, by the profile and language that it names.

    Args:
        sent: JSON.
        options: of the service, for what it does not name.

    Raises:
        Refused: it holds no cues, or names what there is not.
    """
    try:
        fields = Fields(sent)
        cues = tuple(_read_cues(fields.each("cues")))
        options = settings.with_asked(options, fields)
    except DamagedDocument as error:
        raise Refused.bad_request(f"these are no cues: {error}", param="cues") from error
    spoken = [ReadCue(start_ms=c.start_ms, end_ms=c.end_ms, lines=c.lines) for c in cues]
    known = options.engine.language or language_of_subtitles("", spoken)
    return checked(cues, language=known, options=options)


def checked(cues: Sequence[Cue], *, language: str | None, options: Options) -> dict[str, Any]:
    """What is wrong with each cue, as `qasr lint -f json` has it, and the limits that it breaks."""
    limits = limits_of(language, options.cue)
    shown = zip(cues, labelled_lines(cues), strict=True)
    read = [ReadCue(start_ms=c.start_ms, end_ms=c.end_ms, lines=lines) for c, lines in shown]
    verdict = lint(read, language=language, limits=limits)
    return {
        "language": language,
        "limits": _limits_document(limits),
        "errors": verdict.count_of("error"),
        "warnings": verdict.count_of("warning"),
        "breaches": [asdict(breach) for breach in verdict.breaches],
    }


def _limits_document(limits: Limits) -> dict[str, int]:
    return {name: getattr(limits, name) for name in _LIMITS}


def _read_cues(items: Sequence[Fields]) -> Iterable[Cue]:
    _BOUNDS.check_count(items)
    for index, item in enumerate(items):
        text = item.text("text").replace("\r\n", "\n")
        speaker = item.or_none("speaker", Fields.text) or None
        _BOUNDS.check_text(f"cues[{index}]", text, speaker)
        lines = tuple(text.split("\n"))
        yield Cue(
            start_ms=item.whole("start_ms"),
            end_ms=item.whole("end_ms"),
            lines=lines,
            speaker=speaker,
            line_speakers=line_speakers(item.texts("line_speakers", default=()), lines, speaker),
        )
