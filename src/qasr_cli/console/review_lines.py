"""What a person, or a program, is told of the minutes to listen to again. Pure."""

import json
from collections.abc import Iterator

from qasr_cli.core.counts import counted
from qasr_cli.core.timing import clock_span
from qasr_cli.saved.review import Review, ReviewedMinute

_MOST_REASONS = 3
_SCHEMA_VERSION = 1


def review_lines(found: Review) -> Iterator[str]:
    """A line a minute, and one that says how many there are."""
    yield from map(_line, found.minutes)
    shown, count = len(found.minutes), found.minute_count
    files = counted(found.file_count, "file")
    if not count:
        yield f"nothing to listen to again in {files}"
    elif shown < count:
        yield f"{counted(count, 'minute')} to listen to again in {files}, the worst {shown} shown"
    else:
        yield f"{counted(count, 'minute')} to listen to again in {files}"
    if found.unsure_count:
        yield (
            f"{counted(found.unsure_count, 'file was', 'files were')} heard without --confidence: "
            "of these only what else is known"
        )
    if found.unheard_count:
        yield (
            f"{counted(found.unheard_count, 'file was', 'files were')} skipped and never heard: "
            "nothing is known of what their subtitles say"
        )


def _line(each: ReviewedMinute) -> str:
    found = each.found
    reasons = "; ".join(doubt.reason for doubt in found.doubts[:_MOST_REASONS])
    return f'{each.file}: {clock_span(found.start_ms, found.end_ms)}: {reasons}: "{found.excerpt}"'


def review_text(found: Review) -> str:
    """The same as JSON."""
    document = {
        "schema_version": _SCHEMA_VERSION,
        "minute_count": found.minute_count,
        "file_count": found.file_count,
        "files_without_confidence": found.unsure_count,
        "files_never_heard": found.unheard_count,
        "minutes": [_minute_to_json(each) for each in found.minutes],
    }
    return json.dumps(document, indent=2) + "\n"  # ASCII: names need not be UTF-8


def _minute_to_json(each: ReviewedMinute) -> dict[str, object]:
    found = each.found
    return {
        "file": each.file,
        "path": each.path,
        "minute": found.minute,
        "start_ms": found.start_ms,
        "end_ms": found.end_ms,
        "excerpt": found.excerpt,
        "doubtful_words": round(found.word_count, 1),
        "reasons": [
            {
                "kind": doubt.kind,
                "text": doubt.reason,
                "start_ms": doubt.start_ms,
                "end_ms": doubt.end_ms,
                "doubtful_words": round(doubt.word_count, 1),
            }
            for doubt in found.doubts
        ],
    }
