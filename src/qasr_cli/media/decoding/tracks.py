"""Which of a file's audio tracks is heard, which of its channels, and what is said of it."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from qasr_cli.core.language.languages import language_from_model
from qasr_cli.core.types import CHANNELS, Channel
from qasr_cli.errors import ChannelNotFound, DecodeError, TrackNotFound
from qasr_cli.media.decoding.layouts import is_mono
from qasr_cli.media.decoding.probe import AudioTrack, Probe

_MOST_NAMED = 8
_LONGEST_TITLE = 40


def choose_track(found: Probe, wanted: str | None, *, path: str) -> AudioTrack:
    """The track that `--audio-track` names: a number from 0, or a language in any usual spelling.

    None = the main one, by `main_track`. A language takes the first track of that language that can
    be decoded.

    Raises:
        TrackNotFound: there is none; names those there are.
        DecodeError: it cannot be decoded, nor, where none is named, can any other.
    """
    named = found.tracks if wanted is None else _named(found.tracks, wanted)
    if not named:
        raise TrackNotFound(path, wanted or "", tuple(_spoken_of(track) for track in found.tracks))
    track = main_track(named) if wanted is None else _able(named)[0]
    if track.obstacle:
        obstacles = dict.fromkeys(each.obstacle for each in named)
        raise DecodeError(path, "; ".join(f"its sound {obstacle}" for obstacle in obstacles))
    return track


def main_track(tracks: Sequence[AudioTrack]) -> AudioTrack:
    """The track that is heard where the user names none.

    The first that its file marks as the default, else the first, of those that can be decoded and
    are no commentary and no audio description. A track that has no sound where ffmpeg looked for
    some comes after the others: transport streams announce tracks that never come.
    """
    able = _able(tracks)
    present = [track for track in able if not track.is_absent_at_start] or able
    main = [track for track in present if not _is_aside(track)] or present
    return next((track for track in main if "default" in track.dispositions), main[0])


def choose_channels(
    track: AudioTrack, wanted: Literal["mix", "left", "right", "split"], *, path: str
) -> tuple[Channel | None, ...]:
    """The channels to hear one after the other; None = all of them, mixed.

    Raises:
        ChannelNotFound: the track has only one, which is no answer to the wish for another.
    """
    if wanted == "mix" or (wanted == "left" and is_mono(track.channel_layout)):
        return (None,)
    if is_mono(track.channel_layout):
        raise ChannelNotFound(path, wanted)
    return CHANNELS if wanted == "split" else (wanted,)


def drawn_channel(
    track: AudioTrack, wanted: Literal["mix", "left", "right", "split"]
) -> int | None:
    """The index of the one channel that is heard of several; None where it is not one alone."""
    is_one = wanted in CHANNELS and not is_mono(track.channel_layout)
    return CHANNELS.index(wanted) if is_one else None


def choice_note(
    found: Probe,
    track: AudioTrack,
    *,
    wanted: str | None,
    also_heard: Collection[int],
    has_speech: bool,
) -> str | None:
    """Which track is heard and which others there are, in one line; None where nothing is open.

    Nothing is where there is one track. Nor where the user named it: by its number, or by a
    language that no other has; unless there is no speech in it.

    Args:
        wanted: what the user named.
        also_heard: numbers of tracks in which the sound went on.
    """
    others = [
        other
        for other in found.tracks
        if other.index != track.index and other.index not in also_heard
    ]
    if wanted is not None and has_speech:
        others = [] if wanted == str(track.index) else _named(others, wanted)
    if not others:
        return None
    names = [_spoken_of(other) for other in others[:_MOST_NAMED]]
    if len(others) > _MOST_NAMED:
        names.append(f"{len(others) - _MOST_NAMED} more")
    heard = f"hears {'' if has_speech else 'no speech in '}track {_spoken_of(track)}"
    choice = "" if all(other.obstacle for other in others) else "; --audio-track chooses"
    return f"{heard}; also: {', '.join(names)}{choice}"


def _able(tracks: Sequence[AudioTrack]) -> Sequence[AudioTrack]:
    return [track for track in tracks if not track.obstacle] or tracks


def _named(tracks: Iterable[AudioTrack], wanted: str) -> list[AudioTrack]:
    return [
        track
        for track in tracks
        if wanted == str(track.index) or _is_same_language(wanted, track.language)
    ]


def _is_same_language(wanted: str, tag: str | None) -> bool:
    if tag is None:
        return False
    if wanted.lower() == tag.lower():
        return True
    # Region and script ("pt-BR") do not matter here.
    names = [language_from_model(value.replace("_", "-").split("-")[0]) for value in (wanted, tag)]
    return names[0] is not None and names[0] == names[1]


def _spoken_of(track: AudioTrack) -> str:
    """The track's number, and in brackets what a person knows it by."""
    title = " ".join("".join(c if c.isprintable() else " " for c in track.title).split())
    if len(title) > _LONGEST_TITLE:
        title = f"{title[: _LONGEST_TITLE - 1]}…"
    state = "no sound at the start" if track.is_absent_at_start else ""
    if track.obstacle:
        state = "cannot be decoded"
    known = [text for text in (track.language, title or _role_of(track), state) if text]
    return f"{track.index} ({', '.join(known)})" if known else str(track.index)


def _role_of(track: AudioTrack) -> str:
    if "comment" in track.dispositions:
        return "commentary"
    return "audio description" if _is_description(track) else ""


# --- what is beside the matter ------------------------------------------------------------------


def _is_aside(track: AudioTrack) -> bool:
    """Whether a track is none that one would hear first: about the film, or without its words."""
    if track.dispositions & _ASIDE or _is_description(track):
        return True
    if _DESCRIPTION_SIGN.search(track.title):
        return True
    title = track.title.casefold()
    named = _ASIDE_TITLE.search(title)
    return named is not None and not _WITHOUT.search(title[: named.start()])


def _is_description(track: AudioTrack) -> bool:
    """Whether a file marks a track as the one for who cannot see."""
    is_marked = bool(track.dispositions & {"visual_impaired", "descriptions"})
    return is_marked or track.language == _DESCRIPTION_LANGUAGE


# What is only to be mixed with another track (dependent), or has no voices (clean effects).
_ASIDE = frozenset(("comment", "dependent", "clean_effects", "karaoke"))
_DESCRIPTION_LANGUAGE = "qad"  # French television's tag for it
_DESCRIPTION_SIGN = re.compile(r"(?<!\w)AD(?!\w|\s*\d)")  # "English AD"; not "AD 79"
# Titles, in any case: commentaries, audio descriptions, the sound without its voices.
_ASIDE_TITLE = re.compile(
    r"""
    # commentary, Kommentar, commentaire, comentário; not "with commentary", "kommentiert"
    (?<!with\ )(?<!mit\ )(?<!avec\ )[ck]om{1,2}ent(?:a|á|e|t|s\b|i\b|o\b|\b)
    | коммент | コメンタリ | 코멘터리 | 코멘타리 | 评论 | 評論 | yönetmen\ yorum
    | \baudio[\ -]?(?:des[ck]ri|popis|vision) | \bdescri(?:ptive|bed)\b
    | \b(?:audio|video)[\ -]?descriptions?\b | \bdvs\b
    | hörfilm | syn(?:s)?tolk | kuvailutulk | аудиодескрип | тифлокоммент | sesli\ betimle
    | (?:visually|vision)[\ -]?impaired | for\ the\ blind
    | 音声解説 | 解説放送 | 副音声 | 口述影像 | 화면\ ?해설
    | \bm\s?[&+]\s?e\b | \bmusic\ (?:and|&|\+)\ effects\b | \bisolated\ (?:score|music)\b
    | \b(?:music|score|effects)\ only\b | \bkaraoke\b
    """,
    re.VERBOSE,
)
# "no commentary", "ohne Audiokommentar"; up to two words may stand between.
_WITHOUT = re.compile(
    r"(?:\b(?:no|non|not|without|minus|ohne|sans|senza|sin|sem|zonder|utan|uden|uten|bez|без)\s+"
    r"(?:[\w'’]+\s+){0,2}|無|无)\w*$"
)
