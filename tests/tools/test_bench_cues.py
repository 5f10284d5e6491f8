import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from qasr_cli.core.transcript.whisper_json import transcript_from_whisper
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.readers.srt import read_srt
from qasr_cli.saved.results import read_transcript
from tools.bench.cue_cutters import CUTTERS
from tools.bench.cue_faults import faults_of
from tools.bench.cue_scores import edges_of, f1, scores
from tools.bench.cue_sentences import FRAMES, SENTENCE_COUNT, document_of, sentences_of
from tools.bench.cue_speed import long_document
from tools.bench.cue_suber import slice_edges_ms
from tools.bench_cues import pairs_in

ROOT = Path(__file__).parents[2]
PAIRS = pairs_in(ROOT / "tools" / "data" / "cues")


def without_spaces(cues: tuple[Cue, ...]) -> str:
    """What the cues say."""
    return "".join("".join(line.split()) for cue in cues for line in cue.lines)


def test_the_languages_of_the_references_are_complete() -> None:
    """Eight languages, four scripts."""
    assert {path.stem for path, _ in PAIRS} == {"de", "en", "es", "fr", "ja", "ko", "ru", "zh"}


@pytest.mark.parametrize(("stream", "reference"), PAIRS, ids=lambda path: path.name)
def test_cues_come_near_to_those_cut_by_hand(stream: Path, reference: Path) -> None:
    """Four cues in five end where a person's do, and nearer than by filling or halving."""
    transcript = read_transcript(str(stream))
    wanted = edges_of(read_srt(reference.read_text(encoding="utf-8")).cues)
    near = {
        name: f1(edges_of(cutter(transcript)).cues, wanted.cues) for name, cutter in CUTTERS.items()
    }

    assert near["qasr"] >= 0.8
    assert near["qasr"] > max(near["whisper 42x2"], near["even split"]) + 0.3


@pytest.mark.parametrize(("stream", "reference"), PAIRS, ids=lambda path: path.name)
def test_the_references_keep_their_own_rules(stream: Path, reference: Path) -> None:
    """Scored against itself, a reference is perfect and keeps every limit."""
    transcript = read_transcript(str(stream))
    read = read_srt(reference.read_text(encoding="utf-8")).cues
    cues = [Cue(start_ms=c.start_ms, end_ms=c.end_ms, lines=c.lines) for c in read]

    found = dict(scores(transcript, cues, read))

    assert (found["cue F1"], found["line F1"], found["dStart"]) == ("1.000", "1.000", "0/0")
    assert [found[name] for name in ("CPL", "CPS", "lines", "overlap")] == ["100%"] * 4


@pytest.mark.parametrize("name", CUTTERS)
def test_every_way_to_cut_keeps_the_text(name: str) -> None:
    """A baseline that lost words would be no baseline."""
    transcript: Transcript = read_transcript(str(PAIRS[0][0]))

    cues = tuple(CUTTERS[name](transcript))

    assert without_spaces(cues) == "".join(transcript.text.split())


def test_edges_count_letters_only() -> None:
    """Cue and line ends are places in the text, white space aside; the last is no choice."""
    cues = [
        Cue(start_ms=0, end_ms=1, lines=("a b", "c")),
        Cue(start_ms=1, end_ms=2, lines=("d",)),
    ]

    assert edges_of(cues).cues == {3}
    assert edges_of(cues).lines == {2, 3}
    assert f1(frozenset((1, 2)), frozenset((2, 3))) == 0.5
    assert f1(frozenset(), frozenset()) == 1.0


def test_slices_part_no_cue() -> None:
    """Edges are where both begin a cue, five minutes or more apart, the last behind everything."""

    def cues(*starts_s: int) -> list[Cue]:
        return [Cue(start_ms=s * 1000, end_ms=s * 1000 + 900, lines=("a",)) for s in starts_s]

    assert slice_edges_ms(cues(1, 290, 310, 400, 700), cues(1, 290, 305, 400, 650, 700)) == [
        400_000,
        700_000,
        700_001,
    ]
    assert slice_edges_ms([], cues(5)) == [5001]


def test_a_long_document_is_as_long_as_asked_for() -> None:
    """Whole sentences with their words, one after the other."""
    word = {"word": "Go.", "start": 2.0, "end": 2.5}
    segment = {"start": 2.0, "end": 2.5, "text": "Go.", "words": [word]}

    document = long_document("en", [segment], 4, "words")

    assert [(s["start"], s["words"][0]["end"]) for s in document["segments"]] == [
        (0.0, 0.5),
        (1.5, 2.0),
        (3.0, 3.5),
        (4.5, 5.0),
    ]


def test_the_program_prints_a_table() -> None:
    """One row for each stream and way to cut."""
    done = subprocess.run(
        [sys.executable, "tools/bench_cues.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert len(done.stdout.splitlines()) == len(PAIRS) * (len(CUTTERS) + 1)
    assert "cue F1" in done.stdout


@pytest.mark.parametrize("language", [path.stem for path in sorted(FRAMES.glob("*.txt"))])
def test_sentences_of_ten_languages_are_varied(language: str) -> None:
    """Three hundred of each, none twice, with words in order of time that are the text."""
    assert len(set(sentences_of(language))) == SENTENCE_COUNT
    document = document_of(language, 20)
    for segment in document["segments"]:
        words = segment["words"]
        assert "".join(w["word"] for w in words).strip() == segment["text"]
        assert all(a["end"] <= b["start"] for a, b in pairwise(words))


@pytest.mark.parametrize(
    ("kind", "language", "code", "cues"),
    [
        ("opener", "English", "en", [("As you can see,",), ("it was late in the year.",)]),
        ("stub", "English", "en", [("We moved all of it to a database",), ("for Medicaid.",)]),
        ("sound", "German", "de", [("(Applaus) Danke.",)]),
        ("dangling", "English", "en", [("They slept there, but often,",), ("nobody did.",)]),
        ("genitive", "Korean", "ko", [("그것은 시계의", "바늘이었습니다.")]),
        ("auxiliary", "Korean", "ko", [("그것을 설명하고", "있는 그림입니다.")]),
        ("compound", "Japanese", "ja", [("その歴史に", "ついて話しました。")]),
        ("complement", "Chinese", "zh", [("他把它们结合", "起来了。")]),
        ("list", "Chinese", "zh", [("我选了1、", "3、7号。")]),
        ("coordination", "English", "en", [("He kept hundreds", "and thousands.")]),
        ("ordinal", "English", "en", [("This is the third", "graph of all.")]),
    ],
)
def test_a_fault_is_counted(
    kind: str, language: str, code: str, cues: list[tuple[str, ...]]
) -> None:
    """Once, by its name; and where the same is not parted, not at all."""
    made = [Cue(start_ms=i, end_ms=i + 1, lines=lines) for i, lines in enumerate(cues)]
    joint = "" if code in ("ja", "zh") else " "
    whole = [Cue(start_ms=0, end_ms=1, lines=(joint.join(line for c in cues for line in c),))]

    assert faults_of(made, language=language, code=code)[kind] == 1
    if kind != "sound":
        assert faults_of(whole, language=language, code=code)[kind] == 0


def test_expressions_are_whole_in_what_qasr_cuts() -> None:
    """In three hundred paragraphs a language nothing is parted that belongs together."""
    for language, code in (("Korean", "ko"), ("Japanese", "ja"), ("Chinese", "zh")):
        transcript = transcript_from_whisper(document_of(code), file=code)
        found = faults_of(CUTTERS["qasr"](transcript), language=language, code=code)
        kinds = ("genitive", "auxiliary", "compound", "complement", "list", "ordinal", "sound")
        assert sum(found[kind] for kind in kinds) == 0
