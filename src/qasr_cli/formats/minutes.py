"""Minutes as Markdown, every line with its time, and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from qasr_cli.core.counts import counted
from qasr_cli.core.minutes.minutes import ActionItem, Minutes, Participant, Quote, Stretch
from qasr_cli.formats.md import clock, plain

MINUTES_VERSION = 1


def render_json(minutes: Minutes) -> str:
    """The minutes as one object; `method` says how topics and keywords were told."""
    document = {
        "minutes_version": MINUTES_VERSION,
        "method": {"topics": "TextTiling", "keywords": "c-TF-IDF"},
        **asdict(minutes),
    }
    # A file name that is not UTF-8 carries lone surrogates (PEP 383), which no encoder takes.
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "replace").decode() + "\n"


def render_md(minutes: Minutes) -> str:
    """The minutes to read: under each heading lines `- **[00:01:05]** ...`."""
    name = minutes.file.rsplit("/", 1)[-1].encode("utf-8", "replace").decode()
    sections = (
        ("Facts", _facts(minutes)),
        ("Summary", map(_quote, minutes.summary)),
        ("Topics", map(_stretch, minutes.topics)),
        ("Action items", _actions(minutes)),
        ("Timeline", map(_stretch, minutes.timeline)),
    )
    parts = [f"# Minutes: {plain(name)}"]
    for heading, lines in sections:
        content = list(lines) or [_line(0, minutes.duration_ms, "nothing")]
        parts.append("\n".join([f"## {heading}", "", *content]))
    return "\n\n".join(parts) + "\n"


def _line(start_ms: int, end_ms: int | None, text: str) -> str:
    time = clock(start_ms) if end_ms is None else f"{clock(start_ms)} - {clock(end_ms)}"
    return f"- **[{time}]** {text}"


def _facts(minutes: Minutes) -> Iterator[str]:
    languages = ", ".join(minutes.languages) or "no speech"
    share = 100 * minutes.speech_ms // minutes.duration_ms if minutes.duration_ms else 0
    facts = f"{languages}; {counted(minutes.word_count, 'word')}; speech {share} % of the time"
    yield _line(0, minutes.duration_ms, facts)
    for name, quote in (("first words", minutes.first), ("last words", minutes.last)):
        if quote is not None:
            yield _line(quote.start_ms, None, f"{name}: {_said(quote)}")
    for participant in minutes.participants:
        yield _participant(participant)


def _participant(participant: Participant) -> str:
    facts = []
    if participant.speech_ms is not None:
        facts.append(f"speaks for {clock(participant.speech_ms)}")
    match participant.named_count:
        case 0:
            facts.append("never named")
        case 1:
            facts.append("named once")
        case count:
            facts.append(f"named {counted(count, 'time')}")
    text = f"{plain(participant.name)}: {', '.join(facts)}"
    return _line(participant.first_named_ms or 0, None, text)


def _quote(quote: Quote) -> str:
    return _line(quote.start_ms, None, _said(quote))


def _said(quote: Quote) -> str:
    speaker = "" if quote.speaker is None else f"{plain(quote.speaker)}: "
    return f"{speaker}{plain(quote.text)}"


def _stretch(stretch: Stretch) -> str:
    words = plain(", ".join(stretch.keywords))
    if stretch.quote is not None:
        words += f" · [{clock(stretch.quote.start_ms)}] {_said(stretch.quote)}"
    if not words:
        words = "nothing said" if stretch.speech_ms == 0 else "nothing of weight"
    return _line(stretch.start_ms, stretch.end_ms, words)


def _actions(minutes: Minutes) -> Iterator[str]:
    yield from map(_action, minutes.actions)
    if minutes.without_action_rules:
        languages = ", ".join(minutes.without_action_rules)
        yield _line(0, minutes.duration_ms, f"not looked for in {languages}")


def _action(action: ActionItem) -> str:
    who = plain(", ".join(part for part in (action.owner, action.due) if part is not None))
    return _line(action.quote.start_ms, None, f"{who}: " * bool(who) + _said(action.quote))
