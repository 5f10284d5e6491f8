"""The language at the beginning of a recording."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator

from qasr_cli.core.types import Clip, ClipDone
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.recording import Recording
from qasr_cli.run.stop_request import Stopped, StopRequest
from qasr_cli.serve.models.scheduler import Kind, seconds_of
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.orders.orders import Order

_ENOUGH_S = 30.0  # to know a language


def language_of(order: Order, shared: SharedEngine, stop: StopRequest) -> tuple[str | None, float]:
    """The language in which most is said there, and its share of the text.

    Raises:
        InputError: the recording cannot be heard.
        EngineLost: the models work no more.
        Stopped: nobody waits any more.
    """
    heard: Counter[str | None] = Counter()
    media = media_file_from_path(order.path, order.name)
    # Whoever asks wants to know before a long recording is done: Bazarr gives up soon.
    with shared.session(Kind.LIVE) as session:
        recording = Recording(
            media,
            decode=order.options.decode,
            split=order.options.split,
            max_clip_s=session.max_clip_s,
            language=None,
            on_samples=lambda _: _go_on(stop),
        )
        with contextlib.closing(recording.clips()) as clips:
            for result in session.run(_first(clips)):
                if isinstance(result, ClipDone) and result.text:
                    heard[result.language] += len(result.text)
    if not heard:
        return None, 0.0
    ((language, count),) = heard.most_common(1)
    return language, count / heard.total()


def _go_on(stop: StopRequest) -> None:
    if stop.is_set:
        raise Stopped


def _first(clips: Iterable[Clip]) -> Iterator[Clip]:
    """Clips until there is enough sound."""
    sound_s = 0.0
    for clip in clips:
        yield clip
        sound_s += seconds_of(clip)
        if sound_s >= _ENOUGH_S:
            return
