"""Small files that decode to far more sound than is allowed."""

from tests.faults.bad_inputs.case import Case
from tests.faults.bad_inputs.contents import pcm16, wav
from tests.faults.bad_inputs.workshop import Workshop


def cases() -> list[Case]:
    """Compressed silence, a low sample rate and a gap in the time stamps."""

    def slow(shop: Workshop) -> bytes:
        return wav(pcm16(shop), rate_hz=100)  # 48,000 samples last eight minutes

    def long_silence(shop: Workshop) -> bytes:
        path = shop.folder / "silence.flac"
        shop.ffmpeg("-f", "lavfi", "-i", "anullsrc=r=48000:d=600", path)
        return path.read_bytes()

    def gap(shop: Workshop) -> bytes:
        path = shop.folder / "gap.mka"
        later = "asetpts='if(lt(T,1),PTS,PTS+30000/TB)'"
        shop.ffmpeg("-i", shop.bursts, "-af", later, "-c:a", "flac", path)
        return path.read_bytes()

    return [
        Case(name="bomb-silence.flac", outcome="AudioTooLong", make=long_silence),
        Case(name="bomb-slow.wav", outcome="AudioTooLong", make=slow),
        Case(name="bomb-gap.mka", outcome="AudioTooLong", make=gap),
    ]
