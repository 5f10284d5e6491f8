"""One recording, for a Python program: its transcript, and no file."""

import os
from dataclasses import replace

from qasr_cli.api.many import transcribe_files
from qasr_cli.api.planning import StrPath
from qasr_cli.core.outcomes import FileFailed
from qasr_cli.core.script.lines import Script, script_from_text
from qasr_cli.core.types import Transcript
from qasr_cli.engines.base import Engine
from qasr_cli.errors import QasrError, UsageError
from qasr_cli.options import Options
from qasr_cli.run.batch import RunResult
from qasr_cli.run.events import Event, FileTranscribed, Observer, Unwatched
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.run.stop_request import Stopped, StopRequest

_DEFAULTS = Options()


def transcribe(
    media: StrPath,
    /,
    options: Options = _DEFAULTS,
    *,
    engine: Engine | None = None,
    observer: Observer | None = None,
    stop: StopRequest | None = None,
) -> Transcript:
    """What is said in a recording, and when.

    Args:
        engine: of `open_engine`, to load the models once for many recordings; it stays open.
        observer: is told how far the work is.
        stop: ends the work early when it is asked to.

    Raises:
        Stopped: it was.
        InputError: the recording cannot be done: unreadable, no sound, damaged ...
        EngineError: no recording can: a model is missing, a device is gone ...
    """
    return _transcript_of(media, options, script=None, engine=engine, observer=observer, stop=stop)


def align(
    media: StrPath,
    /,
    text: str,
    options: Options = _DEFAULTS,
    *,
    engine: Engine | None = None,
    observer: Observer | None = None,
    stop: StopRequest | None = None,
) -> Transcript:
    """A text that exists, with the times at which it is spoken in a recording.

    Passages that are not spoken have no words; `warnings` says which. Otherwise as `transcribe`.

    Raises:
        UsageError: the text holds no word.
    """
    try:
        script = script_from_text(text, name="the text", keeps_lines=False)
    except ValueError as error:
        raise UsageError(f"the text {error}") from error
    return _transcript_of(
        media, options, script=script, engine=engine, observer=observer, stop=stop
    )


def _transcript_of(
    media: StrPath,
    options: Options,
    *,
    script: Script | None,
    engine: Engine | None,
    observer: Observer | None,
    stop: StopRequest | None,
) -> Transcript:
    keeper = _Keeper(observer or Unwatched())
    nothing = replace(options.output, formats=(), output_dir=STANDARD_STREAM)
    path = os.fspath(media)
    if path == STANDARD_STREAM:
        path = os.path.join(os.curdir, path)  # a program hands over no standard input by accident
    result = transcribe_files(
        [path],
        replace(options, output=nothing),
        script=script,
        engine=engine,
        observer=keeper,
        stop=stop,
    )
    if keeper.transcript is not None:
        return keeper.transcript
    if stop is not None and stop.is_set:
        raise Stopped
    raise _error_of(result)


def _error_of(result: RunResult) -> QasrError:
    if result.stopped_by is not None:
        return result.stopped_by
    (outcome,) = result.outcomes
    if not isinstance(outcome, FileFailed) or outcome.error is None:
        raise AssertionError(f"a recording without a transcript and without an error: {outcome}")
    return outcome.error


class _Keeper:
    """Keeps the transcript that it is told of."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.transcript: Transcript | None = None

    def on(self, event: Event) -> None:
        """Take note of one event."""
        if isinstance(event, FileTranscribed):
            self.transcript = event.transcript
        self._observer.on(event)

    def close(self) -> None:
        """Whoever made the other closes it."""
