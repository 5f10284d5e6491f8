"""Two wrappers of an engine: one records what is heard, one hands it the known text."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from qasr_cli.core.script.by_clip import ClipScript, ScriptByClip
from qasr_cli.core.script.spoken import HeardClip
from qasr_cli.core.text import canonical
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipDone, ClipResult, Span, Timing
from qasr_cli.engines.base import Engine, EngineWrapper
from qasr_cli.errors import MediaChanged


class Listening(EngineWrapper):
    """Remembers the clips that came, and what the other engine heard in them."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._spans: dict[str, Span] = {}
        self._results: dict[str, ClipResult] = {}

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield the results of the other engine."""
        for result in self._engine.run(self._noted(clips)):
            self._results[result.clip_id] = result
            yield result

    def _noted(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        for clip in clips:
            self._spans[clip.clip_id] = clip.span
            yield clip

    @property
    def clip_ids(self) -> frozenset[str]:
        """The ids of all clips that came."""
        return frozenset(self._spans)

    def heard(self) -> list[HeardClip]:
        """What was heard in every clip, by time."""
        in_order = sorted(self._spans, key=self._spans.__getitem__)
        return [_heard_clip(self._spans[clip_id], self._results[clip_id]) for clip_id in in_order]


def _heard_clip(span: Span, result: ClipResult) -> HeardClip:
    return HeardClip(
        clip_id=result.clip_id,
        start_ms=ms_from_samples(span.start_sample),
        end_ms=ms_from_samples(span.end_sample),
        language=result.language,
        text=canonical(result.text or "").strip(),
        words=result.words if isinstance(result, ClipDone) else (),
    )


class Telling(EngineWrapper):
    """Adds to each clip the text that is said in it, and to each result the words of the script.

    Args:
        known: clips that were heard; others mean that the recording is not the same any more.
        path: of the recording.
    """

    def __init__(
        self, engine: Engine, by_clip: ScriptByClip, *, known: frozenset[str], path: str
    ) -> None:
        super().__init__(engine)
        self._by_clip = by_clip.of_clip
        self._known = known
        self._path = path

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result for each clip: the words of the script, or silence.

        Raises:
            MediaChanged: a clip was not heard in the first pass.
        """
        silent: list[str] = []
        for result in self._engine.run(self._with_text(clips, silent)):
            yield from map(_silence, silent)
            silent.clear()
            yield _with_script(result, self._by_clip[result.clip_id])
        yield from map(_silence, silent)

    def _with_text(self, clips: Iterable[Clip], silent: list[str]) -> Iterator[Clip]:
        for clip in clips:
            if clip.clip_id not in self._known:
                raise MediaChanged(self._path)
            script = self._by_clip.get(clip.clip_id)
            if script is None:
                silent.append(clip.clip_id)
            else:
                yield replace(clip, text=script.spoken, language=script.language)


def _silence(clip_id: str) -> ClipDone:
    return ClipDone(clip_id=clip_id, language=None, text="", words=(), timing=Timing.NONE)


def _with_script(result: ClipResult, script: ClipScript) -> ClipResult:
    if isinstance(result, ClipDone):
        words = script.words_of(result.words)
        return replace(result, text=script.text, words=words, tokens=())
    return replace(result, text=None if result.text is None else script.text)
