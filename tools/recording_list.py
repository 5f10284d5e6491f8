"""The recordings of examples/recordings: who speaks in each, and how it is encoded."""

from dataclasses import dataclass

from tools.demo_voices import CHINESE_ACCENT, Voice
from tools.recording_director import Scene


def english(accent: str, variant: str, rate_wpm: int, pitch: int = 50) -> Voice:
    """A speaker of English."""
    return Voice(accent=accent, variant=variant, rate_wpm=rate_wpm, pitch=pitch)


def chinese(variant: str, rate_wpm: int) -> Voice:
    """A speaker of Chinese."""
    return Voice(accent=CHINESE_ACCENT, variant=variant, rate_wpm=rate_wpm)


LINDA = english("gmw/en-GB-x-rp", "linda", 155)
MIKE = english("en-us", "Mike", 160, 45)
EDWARD = english("gmw/en", "edward", 155)
ANTONIO = english("gmw/en-GB-x-rp", "antonio", 160, 45)
ANIKA = english("gmw/en-US-nyc", "anika", 160, 55)
FRIDA = english("en-us", "f5", 155)
MARTIN = english("gmw/en-GB-scotland", "m7", 160)
LI = chinese("f3", 155)
WANG = chinese("m4", 160)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One file to make.

    Attributes:
        file: path below the recordings' folder.
        encoding: ffmpeg's output options.
        has_picture: whether it is a film.
    """

    file: str
    scene: Scene
    encoding: tuple[str, ...]
    has_picture: bool = False


PCM_16_BIT = ("-c:a", "pcm_s16le")
FLAC = ("-ar", "16000", "-sample_fmt", "s16", "-c:a", "flac")
MP3 = ("-c:a", "libmp3lame", "-b:a", "48k")
AAC = ("-c:a", "aac", "-b:a", "64k")
OPUS = ("-ar", "48000", "-c:a", "libopus")

RECORDINGS_TO_MAKE = (
    Recording(
        file="interview.wav",
        scene=Scene(seed=1, turns=((LINDA, 1), (MIKE, 1))),
        # Two channels that differ: the right microphone stands further away.
        encoding=("-af", "pan=stereo|c0=c0|c1=0.6*c0", "-ar", "44100", *PCM_16_BIT),
    ),
    Recording(
        file="lecture.mp3",
        scene=Scene(seed=2, turns=((EDWARD, 3), (EDWARD, 2), (EDWARD, 3), (EDWARD, 2))),
        encoding=("-ar", "44100", *MP3),
    ),
    Recording(
        file="voice-memo.m4a",
        scene=Scene(seed=3, turns=((MARTIN, 2), (MARTIN, 2), (MARTIN, 1)), turn_pause_s=(1.6, 2.2)),
        # Without "faststart" the index (moov) stands at the end, as telephones write it.
        encoding=("-ar", "44100", *AAC),
    ),
    Recording(
        file="podcast.opus",
        scene=Scene(seed=14, turns=((ANIKA, 2), (ANTONIO, 2), (ANIKA, 3), (ANTONIO, 1))),
        encoding=(*OPUS, "-b:a", "32k"),
    ),
    Recording(
        file="lesson.flac",
        scene=Scene(seed=5, turns=((FRIDA, 5),)),
        encoding=FLAC,
    ),
    Recording(
        file="clip.mp4",
        scene=Scene(seed=6, turns=((LINDA, 2), (EDWARD, 2))),
        encoding=("-ar", "48000", *AAC),
        has_picture=True,
    ),
    Recording(
        file="nested/day-1/note.wav",
        scene=Scene(seed=7, turns=((MIKE, 2),)),
        encoding=("-ar", "16000", *PCM_16_BIT),
    ),
    Recording(
        file="announcement.mp3",
        scene=Scene(seed=8, turns=((ANIKA, 4),)),
        encoding=("-ar", "22050", *MP3),
    ),
    Recording(
        file="announcement.wav",
        scene=Scene(seed=9, turns=((ANTONIO, 2),)),
        encoding=("-ar", "22050", *PCM_16_BIT),
    ),
    Recording(
        file="chinese.flac",
        scene=Scene(
            seed=10, turns=((LI, 2), (WANG, 2), (LI, 1), (WANG, 1)), turn_pause_s=(1.6, 2.2)
        ),
        encoding=FLAC,
    ),
    Recording(
        file="two-languages.opus",
        scene=Scene(
            seed=11,
            turns=((MARTIN, 2), (LI, 2), (FRIDA, 3), (WANG, 2), (MARTIN, 1), (LI, 1)),
            pause_s=(0.5, 0.8),
            turn_pause_s=(2.0, 2.6),
        ),
        encoding=(*OPUS, "-b:a", "32k"),
    ),
    Recording(
        file="meeting.opus",
        scene=Scene(
            seed=12,
            turns=((LINDA, 3), (ANTONIO, 2), (EDWARD, 3), (MIKE, 1), (ANIKA, 3), (MARTIN, 2)),
            pause_s=(0.4, 0.9),
            turn_pause_s=(0.7, 2.5),
            min_length_s=364.0,
        ),
        encoding=(*OPUS, "-b:a", "20k"),
    ),
)
