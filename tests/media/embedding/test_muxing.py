"""Copies of films with their subtitles in them, by the real ffmpeg behind its walls."""

from pathlib import Path

import pytest

from qasr_cli.errors import DecodeError, NotEmbedded, UnreadableInput
from qasr_cli.media.embedding.muxing import check_embeddable
from tests.media.conftest import RunFfmpeg
from tests.media.embedding.conftest import (
    Embed,
    MakeFilm,
    described,
    packets,
    streams,
    subtitle_track,
)


@pytest.mark.parametrize(
    ("name", "track"),
    [
        ("film.mp4", "(deu): Subtitle: mov_text"),
        ("film.m4v", "(deu): Subtitle: mov_text"),
        ("film.mov", "(ger): Subtitle: mov_text (tx3g"),
        ("film.mkv", "(ger): Subtitle: subrip"),
        ("film.webm", "(ger): Subtitle: webvtt"),
    ],
)
def test_the_copy_has_all_of_its_source_and_one_track_more(
    film: MakeFilm, embedded: Embed, name: str, track: str
) -> None:
    """Picture, sounds, old subtitles, chapters and tags stay; the new track is on by default."""
    source = film(name)

    copy, notes = embedded(source)

    assert notes == ()
    before, after = streams(source), streams(copy)
    subtitles = [line for line in after if ": Subtitle: " in line]
    assert len(after) == len(before) + 1
    assert track in subtitles[-1]
    assert "(default)" in subtitles[-1]
    assert subtitle_track(copy, len(subtitles) - 1).startswith(
        "1\n00:00:01,000 --> 00:00:02,000\nHello <i>you</i>\n"
    )
    assert subtitle_track(copy, 0) == subtitle_track(source, 0)
    for kind in ("v", "a"):
        assert packets(copy, kind) == packets(source, kind)
    said = "\n".join(described(copy))
    assert said.count("Chapter #0:") == 2
    assert "My film" in said
    for language in ("(eng)", "(ita)"):
        assert "".join(after).count(language) == "".join(before).count(language)


def test_the_same_source_gives_the_same_copy(film: MakeFilm, embedded: Embed) -> None:
    """No random number and no date: a resumed run knows the copy of the first as its own."""
    source = film("film.mkv")

    copy, _ = embedded(source)
    first = copy.read_bytes()
    embedded(source)

    assert copy.read_bytes() == first


def test_what_a_camera_noted_stays(film: MakeFilm, embedded: Embed) -> None:
    """Places and makers, which are not among the usual tags, are in the copy."""
    make = "com.apple.quicktime.make=Maker"
    source = film("film.mov", "-movflags", "use_metadata_tags", "-metadata", make)

    copy, notes = embedded(source)

    assert notes == ()
    assert any("com.apple.quicktime.make" in line for line in described(copy))


def test_attachments_stay(film: MakeFilm, embedded: Embed, tmp_path: Path) -> None:
    """Fonts of other subtitles are in the copy, too."""
    (tmp_path / "a.ttf").write_bytes(bytes(100))
    source = film(
        "film.mkv", "-attach", str(tmp_path / "a.ttf"), "-metadata:s:t", "mimetype=font/ttf"
    )

    copy, notes = embedded(source)

    assert notes == ()
    assert sum(": Attachment: " in line for line in streams(copy)) == 1


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_an_hour_without_a_word_moves_nothing(
    tmp_path: Path, embedded: Embed, run_ffmpeg: RunFfmpeg, suffix: str
) -> None:
    """A cue stands at its time, however long the silence before it was."""
    source = tmp_path / f"long{suffix}"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=s=16x16:r=1:d=3700", "-c:v", "libx264", source)

    copy, notes = embedded(source, text="1\n01:01:01,000 --> 01:01:02,500\nLate\n")

    assert notes == ()
    assert subtitle_track(copy, 0) == "1\n01:01:01,000 --> 01:01:02,500\nLate\n\n"


def test_times_are_those_of_the_file_s_own_start(
    film: MakeFilm, embedded: Embed, run_ffmpeg: RunFfmpeg, tmp_path: Path
) -> None:
    """Where a container's clock begins at two seconds, cues keep their places in the picture."""
    source = tmp_path / "offset.mkv"
    run_ffmpeg(
        "-i", film("film.mkv"), "-map", "0:v", "-c", "copy", "-output_ts_offset", "2", source
    )

    copy, _ = embedded(source)

    assert "start: 2.0" in "".join(described(source))
    assert "start: 0.0" in "".join(described(copy))
    assert subtitle_track(copy, 0).startswith("1\n00:00:01,000 --> ")


def test_nothing_said_gives_an_empty_track(film: MakeFilm, embedded: Embed) -> None:
    """A film without words gets its copy like the others."""
    copy, notes = embedded(film("film.mp4"), text="\n")

    assert notes == ()
    assert subtitle_track(copy, 1) == ""


def test_styles_reach_matroska_as_ass(film: MakeFilm, embedded: Embed) -> None:
    """Matroska takes either form."""
    text = (
        "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
        "Style: Default,Arial,20\n\n[Events]\nFormat: Layer, Start, End, Style, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,{\\i1}Hello\n"
    )

    copy, _ = embedded(film("film.mkv"), text=text, format_name="ass")

    assert "Subtitle: ass" in streams(copy)[-1]


def test_what_the_container_cannot_take_is_said(
    film: MakeFilm, embedded: Embed, tmp_path: Path
) -> None:
    """A stream that belongs to another container is left out by name, the rest is copied."""
    source = film("film.mkv").rename(tmp_path / "renamed.mp4")

    copy, notes = embedded(source)

    assert notes == ("the copy is without stream 3: subtitle, subrip (ita): mp4 cannot hold it",)
    assert packets(copy, "v") == packets(source, "v")
    assert subtitle_track(copy, 0).startswith("1\n")


def test_a_stream_that_no_muxer_knows_is_said(
    film: MakeFilm, embedded: Embed, tmp_path: Path
) -> None:
    """Notes of a camera in a format of its own are left out by the container's name for them."""
    content = film("film.mp4", "-timecode", "01:00:00:00").read_bytes()
    source = tmp_path / "camera.mp4"
    source.write_bytes(content.replace(b"tmcd", b"mebx"))

    copy, notes = embedded(source)

    assert notes == ("the copy is without stream 5: data, mebx (eng): mp4 cannot hold it",)
    assert subtitle_track(copy, 1).startswith("1\n00:00:01,000 --> ")


def test_a_time_code_stays(film: MakeFilm, embedded: Embed) -> None:
    """The muxer makes its track anew from what the picture says of it."""
    source = film("film.mov", "-timecode", "01:00:00:00")

    copy, notes = embedded(source)

    assert notes == ()
    assert any("(tmcd / " in line for line in streams(copy))
    assert "01:00:00:0" in "".join(described(copy))


def test_a_damaged_film_is_copied_as_far_as_it_goes(
    film: MakeFilm, embedded: Embed, tmp_path: Path
) -> None:
    """How much of it there is, a line says."""
    content = film("film.mkv").read_bytes()
    source = tmp_path / "cut.mkv"
    source.write_bytes(content[: len(content) // 3])

    _, notes = embedded(source, text="1\n00:00:00,100 --> 00:00:00,900\nHello\n")

    (note,) = notes
    assert note.startswith("the copy holds ")
    assert note.endswith(" s of 4.0 s: the recording is damaged")


def test_a_recording_without_a_place_for_subtitles_says_why(
    film: MakeFilm, run_ffmpeg: RunFfmpeg, tmp_path: Path
) -> None:
    """No picture, no such container, or one that its codecs do not belong into."""
    source = film("film.mp4")
    sound = tmp_path / "sound.mp4"
    run_ffmpeg("-i", source, "-map", "0:a", "-c", "copy", sound)
    renamed = film("film.mkv").rename(tmp_path / "renamed.webm")

    with pytest.raises(NotEmbedded, match=r"sound\.mp4: it has no picture that subtitles"):
        check_embeddable(str(sound))
    with pytest.raises(NotEmbedded, match=r"\.avi carries no subtitles; mp4, mov, mkv and webm do"):
        check_embeddable(str(tmp_path / "film.avi"))
    with pytest.raises(NotEmbedded, match=r"webm cannot hold its h264; name it \.mkv"):
        check_embeddable(str(renamed))
    check_embeddable(str(source))


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    """Noise, nothing and absence each have their sentence."""
    (tmp_path / "noise.mp4").write_bytes(b"x" * 1000)
    (tmp_path / "empty.mkv").write_bytes(b"")

    for name in ("noise.mp4", "empty.mkv"):
        with pytest.raises((NotEmbedded, DecodeError), match=name):
            check_embeddable(str(tmp_path / name))
    with pytest.raises(UnreadableInput):
        check_embeddable(str(tmp_path / "absent.mp4"))
