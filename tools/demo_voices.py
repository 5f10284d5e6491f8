"""The voices of espeak-ng that speak the demo pair's sentences.

Some of them are held out: no training may use them, and every test does.
"""

# ruff: noqa: SIM905  # word lists read better as words than as quotes and commas

from dataclasses import dataclass

ENGLISH_ACCENTS = (
    "en-us",
    "gmw/en",  # espeak_SetVoiceByName does not know the usual name "en-gb"
    "gmw/en-GB-x-rp",
    "gmw/en-GB-scotland",
    "gmw/en-US-nyc",
    "gmw/en-029",
    "gmw/en-GB-x-gbclan",
)
CHINESE_ACCENT = "cmn-latn-pinyin"

TRAINING_VARIANTS = tuple(
    "m1 m2 m3 m5 m6 m8 f1 f2 f4 Andy Annie adam Alex Alicia Andrea belinda benjamin boris caleb "
    "david Denis Diogo ed Gene grandpa iven iven2 Jacky john kaukovalta klatt klatt2 Lee Marco "
    "Mario max michel miguel norbert pablo paul pedro quincy rob sandro shelby steph steph2 "
    "travis victor zac aunty robert marcelo Henrique Hugo".split()
)
HELD_OUT_VARIANTS = tuple(
    "m4 m7 f3 f5 Mike linda anika edward klatt4 Gene2 steph3 iven3 Michael antonio grandma".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One speaker.

    Attributes:
        accent: an espeak voice: one of ENGLISH_ACCENTS, or CHINESE_ACCENT.
        variant: an espeak voice variant ("f3"), or "" for the accent's own voice.
        rate_wpm: words a minute.
        pitch, pitch_range: 0 to 100; 50 is espeak's default for both.
    """

    accent: str
    variant: str = ""
    rate_wpm: int = 160
    pitch: int = 50
    pitch_range: int = 50

    @property
    def espeak_name(self) -> str:
        """What espeak_SetVoiceByName takes."""
        return f"{self.accent}+{self.variant}" if self.variant else self.accent
