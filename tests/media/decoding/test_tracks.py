"""Which track of a file is heard, and what is said of the choice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.errors import DecodeError, TrackNotFound
from qasr_cli.media.decoding.probe import AudioTrack, Probe
from qasr_cli.media.decoding.tracks import choice_note, choose_track, main_track

PLAIN = AudioTrack(
    index=0,
    codec="aac",
    language=None,
    sample_rate_hz=48_000,
    channel_layout="stereo",
    start_offset_ms=0,
)
DEFAULT = replace(PLAIN, dispositions=frozenset(("default",)))
COMMENTARY = replace(PLAIN, title="Director's Commentary")
LOCKED = replace(PLAIN, obstacle="is encrypted (DRM)")
ABSENT = replace(PLAIN, channel_layout="0 channels", is_absent_at_start=True)
ENGLISH = replace(PLAIN, language="eng")
GERMAN = replace(PLAIN, language="ger")


def probe_of(*tracks: AudioTrack) -> Probe:
    """What a container with these tracks claims."""
    return Probe(
        format_names=("matroska",),
        duration_ms=4000,
        start_s=0.0,
        is_duration_estimated=False,
        tracks=tuple(replace(track, index=index) for index, track in enumerate(tracks)),
    )


def chosen(*tracks: AudioTrack, wanted: str | None = None) -> int:
    """The number of the track that is heard."""
    return choose_track(probe_of(*tracks), wanted, path="a.mkv").index


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (None, 0),
        ("0", 0),
        ("2", 2),
        ("eng", 0),
        ("en", 0),
        ("English", 0),
        ("EN_us", 0),
        ("de", 1),
        ("deu", 1),
        ("german", 1),
    ],
)
def test_a_track_by_number_or_language(wanted: str | None, index: int) -> None:
    """A track is named by its number or by its language in any usual spelling."""
    assert chosen(ENGLISH, GERMAN, PLAIN, wanted=wanted) == index


@pytest.mark.parametrize("wanted", ["3", "-1", "fr", "klingon", "und"])
def test_an_absent_track_names_those_there_are(wanted: str) -> None:
    """A track that is not there is an error that says which are."""
    with pytest.raises(TrackNotFound, match=r"0 \(eng\), 1 \(ger, Main\), 2$"):
        chosen(ENGLISH, replace(GERMAN, title="Main"), PLAIN, wanted=wanted)


def test_a_language_the_models_do_not_know() -> None:
    """A tag outside the models' languages is found by itself."""
    assert chosen(PLAIN, replace(PLAIN, language="ukr"), wanted="UKR") == 1


@pytest.mark.parametrize(
    ("tracks", "index"),
    [
        ((PLAIN,), 0),
        ((PLAIN, PLAIN), 0),
        ((PLAIN, DEFAULT, DEFAULT), 1),
        ((COMMENTARY, PLAIN), 1),
        ((replace(COMMENTARY, dispositions=DEFAULT.dispositions), PLAIN), 1),
        ((COMMENTARY, PLAIN, DEFAULT), 2),
        ((COMMENTARY,), 0),
        ((COMMENTARY, replace(COMMENTARY, dispositions=DEFAULT.dispositions)), 1),
        ((replace(DEFAULT, obstacle="is unknown"), COMMENTARY, PLAIN), 2),
        ((LOCKED, COMMENTARY), 1),
        ((ABSENT, PLAIN), 1),
        ((ABSENT, ABSENT), 0),
        ((ABSENT, LOCKED), 0),
    ],
)
def test_the_main_track(tracks: tuple[AudioTrack, ...], index: int) -> None:
    """The first default one that can be decoded and is none about the film; else the first such."""
    assert chosen(*tracks) == index


MARKS = ("default", "dub", "original", "comment", "hearing_impaired", "visual_impaired")


@given(
    st.lists(
        st.builds(
            replace,
            st.just(PLAIN),
            title=st.sampled_from(("", "Main", "Commentary", "Audio Description", "Stereo")),
            dispositions=st.frozensets(st.sampled_from(MARKS), max_size=2),
            is_absent_at_start=st.booleans(),
            obstacle=st.sampled_from(("", "", "is encrypted (DRM)")),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_one_more_bad_track_changes_nothing(tracks: list[AudioTrack]) -> None:
    """What cannot be decoded is heard only where all is so, nor does it change the choice."""
    found = probe_of(*tracks)
    main = main_track(found.tracks)
    with_another = main_track((replace(LOCKED, index=99), *found.tracks))

    assert bool(main.obstacle) == all(track.obstacle for track in tracks)
    assert main.obstacle or with_another == main


@pytest.mark.parametrize(
    "title",
    [
        "Commentary",
        "Commentary by the cast",
        "Director's comments",
        "Audiokommentar",
        "Kommentar des Regisseurs",
        "Commentaires du réalisateur",
        "Comentario del director",
        "Comentários",
        "Commento audio",
        "Komentarz reżysera",
        "Komentář",
        "Комментарии режиссёра",
        "監督コメンタリー",
        "감독 코멘터리",
        "导演评论",
        "Audio Description",
        "English [AD]",
        "English (Descriptive)",
        "Described Video",
        "English DVS",
        "Audiodescription",
        "Audiodeskription",
        "Hörfilmfassung",
        "Audiodescripción",
        "Audiodescrição",
        "Audiodescrizione",
        "Syntolkning",
        "Аудиодескрипция",
        "音声解説",
        "For the visually impaired",
        "M&E",
        "Isolated Score",
        "Music only",
    ],
)
def test_titles_of_tracks_that_are_no_first_choice(title: str) -> None:
    """Commentaries, audio descriptions and sound without voices are known by their titles."""
    assert chosen(replace(DEFAULT, title=title), PLAIN) == 1


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Main",
        "Stereo",
        "English 5.1",
        "Director's Cut",
        "No commentary",
        "Game sound (without any commentary)",
        "Ohne Audiokommentar",
        "Sans commentaire",
        "Narration",
        "国语解说",
        "Pompeii AD 79",
        "Advert",
        "Moment",
        "Prescription",
        "Music and talk",
    ],
)
def test_titles_that_say_nothing_of_the_kind(title: str) -> None:
    """A title is not taken for what it only resembles, or denies."""
    assert chosen(replace(PLAIN, title=title), PLAIN) == 0


@pytest.mark.parametrize(
    "mark", ["comment", "visual_impaired", "descriptions", "dependent", "clean_effects"]
)
def test_marks_of_tracks_that_are_no_first_choice(mark: str) -> None:
    """A container's own marks say the same as titles do."""
    assert chosen(replace(DEFAULT, dispositions=frozenset(("default", mark))), PLAIN) == 1


def test_a_station_s_tag_for_audio_description() -> None:
    """French television marks it by a language of its own."""
    assert chosen(replace(PLAIN, language="qad"), replace(PLAIN, language="fre")) == 1


@pytest.mark.parametrize("wanted", [None, "0", "eng"])
def test_what_cannot_be_decoded_is_said_in_one_sentence(wanted: str | None) -> None:
    """Where nothing that may be heard can be decoded, the reasons are told, each once."""
    locked = replace(LOCKED, language="eng")
    unknown = replace(PLAIN, obstacle="has a codec that ffmpeg does not know (A_X)")
    reason = "its sound is encrypted (DRM)"
    if wanted is None:
        reason += "; its sound has a codec that ffmpeg does not know (A_X)"

    with pytest.raises(DecodeError) as caught:
        chosen(locked, locked, unknown, wanted=wanted)

    assert str(caught.value) == f"a.mkv: cannot be decoded: {reason}"


def test_a_language_takes_what_can_be_decoded() -> None:
    """Of two tracks of a language, the one that cannot be decoded is passed over."""
    assert chosen(replace(LOCKED, language="eng"), ENGLISH, wanted="eng") == 1


def note(
    *tracks: AudioTrack,
    wanted: str | None = None,
    also_heard: tuple[int, ...] = (),
    has_speech: bool = True,
) -> str | None:
    """What is said of the choice among these tracks."""
    found = probe_of(*tracks)
    track = choose_track(found, wanted, path="a.mkv")
    return choice_note(found, track, wanted=wanted, also_heard=also_heard, has_speech=has_speech)


def test_a_choice_is_told() -> None:
    """One line names the track that is heard, and all others by what they are known by."""
    commentary = replace(ENGLISH, title="Commentary")
    main = replace(ENGLISH, title="Main", dispositions=DEFAULT.dispositions)
    marked = replace(GERMAN, dispositions=frozenset(("visual_impaired",)))

    assert note(commentary, main, marked, LOCKED, ABSENT) == (
        "hears track 1 (eng, Main); also: 0 (eng, Commentary), 2 (ger, audio description), "
        "3 (cannot be decoded), 4 (no sound at the start); --audio-track chooses"
    )
    assert note(LOCKED, PLAIN) == "hears track 1; also: 0 (cannot be decoded)"
    assert note(*[PLAIN] * 12) == (
        "hears track 0; also: 1, 2, 3, 4, 5, 6, 7, 8, 3 more; --audio-track chooses"
    )


def test_nothing_is_told_where_nothing_is_open() -> None:
    """Not of one track, nor of those in which the sound went on, nor of one that was named."""
    assert note(PLAIN) is None
    assert note(PLAIN, has_speech=False) is None
    assert note(PLAIN, ABSENT, also_heard=(1,)) is None
    assert note(ENGLISH, ENGLISH, wanted="1") is None
    assert note(ENGLISH, GERMAN, wanted="eng") is None


def test_a_language_of_two_tracks_leaves_a_choice() -> None:
    """Where the language that was named fits others, too, those are told."""
    assert note(ENGLISH, GERMAN, COMMENTARY, replace(COMMENTARY, language="eng"), wanted="en") == (
        "hears track 0 (eng); also: 3 (eng, Director's Commentary); --audio-track chooses"
    )


@pytest.mark.parametrize("wanted", [None, "0"])
def test_no_speech_names_the_other_tracks(wanted: str | None) -> None:
    """Where there is no speech in the track, also in one that was named, others are told."""
    assert note(PLAIN, GERMAN, wanted=wanted, has_speech=False) == (
        "hears no speech in track 0; also: 1 (ger); --audio-track chooses"
    )


@given(st.text(max_size=200))
def test_titles_are_shown_in_one_short_line(title: str) -> None:
    """Whatever a title holds, the line stays one, and short."""
    line = note(PLAIN, replace(PLAIN, title=title)) or ""

    assert line.isprintable()
    assert len(line) < 100
