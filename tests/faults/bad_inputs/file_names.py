"""Names that a shell, ffmpeg or a terminal could take for something else."""

import os

from tests.faults.bad_inputs.case import DONE, Case
from tests.faults.bad_inputs.contents import (
    pcm_in_wav,
)


def cases() -> list[Case]:
    """Good recordings under such names."""
    odd = (
        b"-y.wav",
        b"-.wav",
        b"--no-sandbox.wav",
        b"concat:a|b.wav",
        b"http:x.wav",
        b"file:x.wav",
        b"pipe:0.wav",
        b"new\nline.wav",
        b"tab\there.wav",
        b"return\r.wav",
        b"escape\x1b[31m.wav",
        b"caf\xe9.wav",
        b"%d.wav",
        b"%03d*[a-z]?.wav",
        b'it\'s "quoted".wav',
        b"$(touch pwned).wav",
        b"; touch pwned;.wav",
        b"back\\slash.wav",
        b" leading and trailing .wav",
        b"double..dot.wav",
        b"no|pipe<>&.wav",
        "\u202eright-to-left.wav".encode(),
        "語音\U0001f3a4.wav".encode(),
        b"n" * 240 + b".wav",
    )
    return [
        Case(
            name=os.fsdecode(b"names/" + name),
            outcome=DONE,
            make=pcm_in_wav(),
        )
        for name in odd
    ]
