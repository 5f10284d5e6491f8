"""What a container claims of its sound, held against what came out of it."""

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import EmptyAudio
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.packets import another_track_reaches
from qasr_cli.media.decoding.probe import AudioTrack, Probe
from qasr_cli.media.decoding.tracks import choice_note


def check_not_empty(path: str, decoder: Decoder, found: Probe, track: AudioTrack) -> None:
    """Raise unless something came out, or nothing was claimed.

    Raises:
        EmptyAudio: names other tracks, where there are any.
    """
    if decoder.sample_count > 0 or not found.duration_ms:
        return
    claim = f"the container claims {found.duration_ms / 1000:g} s"
    note = choice_note(found, track, wanted=None, also_heard=(), has_speech=False)
    raise EmptyAudio(path, claim if note is None else f"{claim}; {note}")


def missing_sound(fd: int, decoder: Decoder, found: Probe, track: AudioTrack) -> str | None:
    """How much less sound there is than the container claims; None within max(1 s, 1 %).

    Nor is anything missing where a picture goes on to the claimed end.
    """
    if decoder.account.claimed_ms is None or decoder.sample_count == 0:
        return None
    claimed_s = decoder.account.claimed_ms / 1000
    decoded_s = decoder.sample_count / SAMPLE_RATE_HZ
    slack_s = max(1.0, 0.01 * claimed_s)
    if claimed_s - decoded_s <= slack_s or another_track_reaches(
        fd, track=track, from_s=claimed_s - slack_s, file_start_s=found.start_s
    ):
        return None
    return f"the sound ends after {decoded_s:.1f} s of {claimed_s:.1f} s; is the file complete?"
