"""What ffmpeg says while it decodes."""

import pytest

from qasr_cli.media.decoding.log import DecoderLog, Frame, NewTrack, Packets, reason_from

SAID = b"""\
[in#0/mpegts @ 0x5] [warning] New audio stream with index 1 at pos:160552 and DTS:9.4s
[Eval @ 0x7f] [info] 128546.000000
[aist#0:0/ac3 @ 0x5] [warning] timestamp discontinuity (stream id=256): -1968000, new offset= 1
[aist#0:0/ac3 @ 0x5] [warning] timestamp discontinuity (stream id=256): 20000000, new offset= 2
[Parsed_aresample_1 @ 0x7f] [SWR @ 0x7f] [verbose] discarding 1606 audio samples
[Parsed_aresample_1 @ 0x7f] [SWR @ 0x7f] [verbose] discarding 4 audio samples
[Parsed_ashowinfo_4 @ 0x7f] [info] n:3 pts:48000 pts_time:3 fmt:flt channels:1 \
chlayout:mono rate:16000 nb_samples:368 checksum:0611C52A plane_checksums: [ 0611C52A ]
[af#0:0 @ 0x5] [info] Reconfiguring filter graph because audio parameters changed to 32000 Hz, mono
[aac @ 0x5] [error] channel element 2.0 is not allocated
[f32le @ 0x5] [error] Application provided invalid, non monotonically increasing dts to muxer
[in#0/flv @ 0x5] [verbose]   Input stream #0:0 (audio): 692 packets read (257077 bytes); \
690 frames decoded; 2 decode errors (708608 samples);
    title           : [error] a text of the file
"""


def _log(*pieces: bytes) -> DecoderLog:
    log = DecoderLog()
    for piece in (*pieces, b""):
        log.add(piece)
    return log


def test_what_matters_is_kept() -> None:
    """Of all that ffmpeg says, times, losses and errors are known afterwards."""
    log = _log(SAID)

    assert log.new_tracks == [NewTrack(at_byte=160552, at_s=9.4)]
    assert (log.jump_count, log.dropped_count, log.is_reconfigured) == (2, 1610, True)
    assert list(log.frames) == [Frame(at_sample=48000, sample_count=368)]
    assert log.packets == Packets(
        packet_count=692, byte_count=257077, frame_count=690, error_count=2
    )
    assert log.complaint == "channel element 2.0 is not allocated"


def test_errors_arrive_in_any_pieces() -> None:
    """Lines cut anywhere are put together again; the last needs no line end."""
    log = _log(b"[error] first\n[err", b"or] second\n", b"[error] th", b"ird")

    assert log.complaint == "third"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], ""),
        (
            ["[mov @ 0x55] moov atom not found", "Error opening input files: Bad"],
            "moov atom not found",
        ),
        (
            ["[in#0 @ 0x5] Error opening input: End of file", "Error opening input file fd:."],
            "End of file",
        ),
        (
            ["[aist#0:0/aac @ 0x1] [dec:aac @ 0x2] bad rate", "    Last message repeated 9 times"],
            "bad rate",
        ),
        (["red \x1b[31m\ttext \u202e\x00end"], "red [31m text end"),
        (["x" * 5000], "x" * 200),
    ],
)
def test_the_reason_is_one_telling_line(lines: list[str], reason: str) -> None:
    """The reason is the last line that says something, clean and short."""
    assert reason_from(lines) == reason
