"""What the user asked for: the part of it that is on users' disks."""

from qasr_cli.core.clips.context import Context
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.fingerprints import Fingerprints
from qasr_cli.options import EngineOptions, Options, OutputOptions


def test_no_release_changes_a_fingerprint() -> None:
    """Resume keys hold these digits: an archive that is done must stay done."""
    wanted = Options(
        cue=CueOptions(max_cps=15, fps=25.0, sentence=True),
        output=OutputOptions(formats=("srt", "vtt")),
    )

    assert Fingerprints.of(Options(), "e").heard == (
        "43ab8bf376eb8a93061c03d21a5d3ae6e67ad9295ed5a5893fc0a82fd35418d1"
    )
    assert Fingerprints.of(Options(), "e").whole == (
        "84f1ecb75b1ca09b3484bf33c66a442bceb0f9aa98d6ac3176ad0fd98aa6ee2f"
    )
    assert Fingerprints.of(wanted, "x").whole == (
        "0b32762a5f543906a6338b94459223ae16f576f11132e244ceaad7923b9efef6"
    )


def test_what_was_heard_with_confidence_does_without() -> None:
    """But not the other way round; a context changes nothing about that."""
    plain = Fingerprints.of(Options(), "e")
    sure = Fingerprints.of(Options(engine=EngineOptions(confidence=True)), "e")
    told = Context(text="A talk on rivers.")

    assert sure.heard != plain.heard
    for without, with_it in (
        (plain, sure),
        (plain.with_context(told), sure.with_context(told)),
    ):
        assert with_it.heard in without.heard_enough
        assert without.heard not in with_it.heard_enough
        assert without.heard in without.heard_enough
