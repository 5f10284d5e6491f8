"""What a user wants of speakers: whether voices are told apart, how many, and who is known."""

from dataclasses import dataclass
from typing import Literal

from qasr_cli.core.voice_types import VoiceFile
from qasr_cli.errors import UsageError

DEFAULT_MOST_SPEAKERS = 10
MOST_SPEAKERS = 50
MOST_OF_NEMOTRON = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerOptions:
    """Whether voices are told apart, by what, how many there are, and who is known.

    Attributes:
        diarizer: "campplus" = vectors of voices, put into groups; "nemotron" = one model that hears
            whole recordings, and several voices at once.
        known: people who get their names; several recordings may be of one.
        count: so many; None = as many as are heard, from `least` to `most`.
        keep_voices: how each voice sounds is kept beside the results.
        same: one name for one voice over all recordings of a batch.
    """

    diarize: bool = False
    diarizer: Literal["campplus", "nemotron"] = "campplus"
    count: int | None = None
    least: int = 1
    most: int = DEFAULT_MOST_SPEAKERS
    keep_voices: bool = False
    same: bool = False
    known: tuple[VoiceFile, ...] = ()

    @property
    def has_vectors(self) -> bool:
        """Whether somebody needs to know how each voice sounds."""
        is_grouping = self.diarizer == "campplus"
        return self.diarize and (is_grouping or self.keep_voices or bool(self.known))

    def __post_init__(self) -> None:
        self._check_company()
        self._check_counts()

    def _check_company(self) -> None:
        given = {
            "--diarizer": self.diarizer != "campplus",
            "--speakers": self.count is not None,
            "--min-speakers": self.least != 1,
            "--max-speakers": self.most != DEFAULT_MOST_SPEAKERS,
            "--keep-voices": self.keep_voices,
            "--same-speakers": self.same,
            "--voices": bool(self.known),
        }
        alone = next((name for name, is_given in given.items() if is_given), None)
        if alone is not None and not self.diarize:
            raise UsageError(f"{alone} goes with --diarize")
        if self.same and not self.keep_voices:
            raise UsageError("--same-speakers compares voices: it needs --keep-voices")

    def _check_counts(self) -> None:
        for name, value in (
            ("--speakers", self.count),
            ("--min-speakers", self.least),
            ("--max-speakers", self.most),
        ):
            if value is not None and not 1 <= value <= MOST_SPEAKERS:
                raise UsageError(f"{name} takes 1 to {MOST_SPEAKERS}")
        if self.count is not None and (self.least != 1 or self.most != DEFAULT_MOST_SPEAKERS):
            raise UsageError("--speakers says it all: leave out --min-speakers and --max-speakers")
        if self.least > self.most:
            raise UsageError(f"--min-speakers {self.least} is more than --max-speakers {self.most}")
        if self.diarizer == "nemotron" and (self.count or self.least) > MOST_OF_NEMOTRON:
            name = "--min-speakers" if self.count is None else "--speakers"
            raise UsageError(
                f"{name} {self.count or self.least}: --diarizer nemotron tells {MOST_OF_NEMOTRON} "
                f"voices apart at most; campplus, the default, takes {MOST_SPEAKERS}"
            )
