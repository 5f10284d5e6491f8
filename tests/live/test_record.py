"""What of a live session is on the disk: while it runs, and in the end."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from qasr_cli.core.types import Transcript
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import MalformedInput, OutputError, OutputExists, UsageError
from qasr_cli.formats.registry import FORMAT_NAMES, format_named
from qasr_cli.formats.rendering import cues_of
from qasr_cli.live.events import Event
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.record.growing import can_grow
from qasr_cli.live.record.record import OutputPlace, Record
from qasr_cli.live.session import LiveSession
from qasr_cli.options import FormatOptions, Options, OutputOptions
from qasr_cli.saved.results import read_result
from tests.live.conftest import bursts, listening

LIVE = LiveOptions(vad="energy", has_partials=False)
SOUND = bursts(*[2.0, 1.0] * 4)
FINALS = ["word0 word1 word2.", "word3 word4 word5.", "word6 word7 word8.", "word9 word10 word11."]


def record_in(
    folder: Path, *formats: str, rendering: FormatOptions | None = None, overwrite: bool = False
) -> Record:
    """A record of outputs called talk."""
    output = OutputOptions(rendering=rendering or FormatOptions(), overwrite=overwrite)
    place = OutputPlace(base=str(folder / "talk"), formats=formats)
    return Record(place, Options(output=output), LIVE, models={"recogniser": "fake"})


def heard(record: Record, *, clock_s: float = 0.0) -> Iterator[int]:
    """Hear all of the sound; after each step that says something, how many phrases are timed."""
    session = listening(LIVE)
    timed_count = 0
    engine = FakeEngine()
    events = session.push(SOUND)
    while True:
        timed_count += sum(type(event).__name__ == "Times" for event in events)
        keep(record, session, events)
        record.look(lambda: clock_s)
        if timed_count:
            yield timed_count
        work = session.next_work(0.0)
        if work is None:
            return
        (result,) = engine.run([work.clip])
        events = session.done(work, result, 0.0)


def keep(record: Record, session: LiveSession, events: list[Event]) -> None:
    """Let a record take what a session said."""
    record.take(
        events,
        session.take_outcomes(),
        session.take_speech(),
        duration_ms=session.heard_sample // 16,
    )


def whole(record: Record) -> Transcript:
    """The transcript of a record that is finished."""
    for _ in heard(record):
        pass
    return record.finish(duration_ms=12_000, warnings=()).transcript


def test_outputs_only_grow(tmp_path: Path) -> None:
    """After each phrase srt, vtt, txt, tsv and simple are what they were, and that phrase."""
    growing = [name for name in FORMAT_NAMES if can_grow(format_named(name))]
    assert set(growing) == {"srt", "vtt", "txt", "tsv", "simple"}
    record = record_in(tmp_path, *growing)
    paths = [tmp_path / f"talk{format_named(name).suffix}" for name in growing]
    before = [path.read_bytes() for path in paths]
    for timed_count in heard(record):
        now = [path.read_bytes() for path in paths]
        for path, old, new in zip(paths, before, now, strict=True):
            assert new.startswith(old), path
            assert new.count(b"word") == 3 * timed_count
        before = now
    record.close()

    assert (tmp_path / "talk.txt").read_text().splitlines() == FINALS
    numbers = [line for line in (tmp_path / "talk.srt").read_text().splitlines() if line.isdigit()]
    assert numbers == ["1", "2", "3", "4"]
    assert (tmp_path / "talk.vtt").read_text().count("WEBVTT") == 1


def test_the_end_is_as_of_a_recording(tmp_path: Path) -> None:
    """Every format is what it is for the whole transcript, and the journal is gone."""
    record = record_in(tmp_path, *FORMAT_NAMES)
    transcript = whole(record)
    record.close()

    assert transcript.text == " ".join(FINALS)
    assert [round(first, -2) for first, _ in transcript.speech] == [0, 3000, 6000, 9000]
    cues = cues_of(transcript)
    for name in FORMAT_NAMES:
        format_ = format_named(name)
        expected = format_.content(transcript, cues, FormatOptions())
        assert (tmp_path / f"talk{format_.suffix}").read_bytes() == expected
    assert not (tmp_path / "talk.live.jsonl").exists()
    read = read_result(str(tmp_path / "talk.json")).transcript
    assert (read.text, read.file, read.speech) == (transcript.text, "talk", transcript.speech)


def test_a_byte_order_mark_stands_in_front_alone(tmp_path: Path) -> None:
    """With --bom and --crlf pieces are as the whole is."""
    record = record_in(tmp_path, "srt", "vtt", rendering=FormatOptions(bom=True, crlf=True))
    for _ in heard(record):
        pass

    for name in ("talk.srt", "talk.vtt"):
        data = (tmp_path / name).read_bytes()
        assert data.startswith("\ufeff".encode())
        assert data.count("\ufeff".encode()) == 1
        assert data.count(b"\n") == data.count(b"\r\n") > 0
    record.close()


def test_json_is_there_after_each_phrase(tmp_path: Path) -> None:
    """What has to be written whole is whole at any moment, with what was final by then."""
    record = record_in(tmp_path, "json")
    path = tmp_path / "talk.json"
    texts = [json.loads(path.read_text())["text"] for _ in heard(record)]
    record.close()

    assert texts[-1] == " ".join(FINALS)


def test_writing_the_whole_takes_little_of_the_time(tmp_path: Path) -> None:
    """It is written anew only when twenty times as long has passed as the last time took."""
    record = record_in(tmp_path, "json")
    session = listening(LIVE)
    now_s = [0.0]

    def clock_s() -> float:
        now_s[0] += 0.5
        return now_s[0]

    assert record.due_s is not None
    record.look(clock_s)  # from 0.5 to 1.0
    assert record.due_s is None
    session.push(SOUND)
    work = session.next_work(0.0)
    assert work is not None
    (result,) = FakeEngine().run([work.clip])
    keep(record, session, session.done(work, result, 0.0))
    assert record.due_s == pytest.approx(1.0 + 20 * 0.5)
    written = (tmp_path / "talk.json").read_bytes()
    record.look(clock_s)
    assert (tmp_path / "talk.json").read_bytes() == written
    now_s[0] = 11.0
    record.look(clock_s)
    assert (tmp_path / "talk.json").read_bytes() != written
    record.close()


def test_a_journal_is_read_back(tmp_path: Path) -> None:
    """Of a session that was killed: its finals with their times, and where somebody spoke."""
    record = record_in(tmp_path, "srt")
    for _ in heard(record):
        pass
    record.close()
    journal = tmp_path / "talk.live.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"span": [0, 3')  # the kill came in the middle of a line

    transcript = read_result(str(journal)).transcript

    assert transcript.text == " ".join(FINALS)
    assert transcript.warnings == ("the session was ended before its end",)
    assert {clip.timing.value for clip in transcript.clips} == {"aligned"}
    assert len(transcript.speech) == 4


@pytest.mark.parametrize("content", [b"", b"{}\n", b'{"schema_version": 9, "file": "x"}\n', b"\0"])
def test_what_is_no_journal_is_refused(tmp_path: Path, content: bytes) -> None:
    """In one line that names the file."""
    path = tmp_path / "talk.live.jsonl"
    path.write_bytes(content)

    with pytest.raises(MalformedInput, match=r"talk\.live\.jsonl: "):
        read_result(str(path))


@pytest.mark.parametrize("name", ["talk.srt", "talk.json", "talk.live.jsonl"])
def test_what_stands_there_stays(tmp_path: Path, name: str) -> None:
    """Nothing is begun where an output or a journal of an earlier session stands."""
    (tmp_path / name).write_text("mine")

    with pytest.raises(OutputExists, match=name.replace(".", r"\.")):
        record_in(tmp_path, "srt", "json")

    assert [path.name for path in tmp_path.iterdir()] == [name]
    with contextlib.closing(record_in(tmp_path, "srt", "json", overwrite=True)) as record:
        assert whole(record).text


def test_a_folder_that_takes_no_files_is_found_at_once(tmp_path: Path) -> None:
    """Before anything is heard."""
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="file"):
        record_in(tmp_path / "file", "srt")


@pytest.mark.parametrize(
    ("name", "formats", "expected"),
    [
        ("talk", (), ("talk", ("srt",))),
        ("talk", ("vtt", "json"), ("talk", ("vtt", "json"))),
        ("talk.vtt", (), ("talk", ("vtt",))),
        ("a.b/talk.srt", ("json", "srt"), ("a.b/talk", ("srt", "json"))),
        ("talk.simple.txt", (), ("talk", ("simple",))),
        ("talk.v2", (), ("talk.v2", ("srt",))),
    ],
)
def test_the_name_of_outputs(
    name: str, formats: tuple[str, ...], expected: tuple[str, tuple[str, ...]]
) -> None:
    """A suffix of ours names a format; any other dot is a part of the name."""
    place = OutputPlace.from_user(name, formats)

    assert (place.base, place.formats) == expected


def test_a_folder_is_no_name(tmp_path: Path) -> None:
    """It says what to write instead."""
    with pytest.raises(UsageError, match=r"is a folder; give the files a name, such as -o .*talk"):
        OutputPlace.from_user(str(tmp_path), ())
