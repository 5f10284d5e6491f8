"""A stretch of a job's recording, heard or timed once more for an editor. Nothing is kept."""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from qasr_cli.core.cues_json import cues_to_json
from qasr_cli.core.language.guess import guess_language
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import canonical, is_kept
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.transcript.clip_words import clip_words
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, Span, TextWord, Transcript
from qasr_cli.errors import InputError, QasrError
from qasr_cli.formats.rendering import cues_of
from qasr_cli.media.jumping.heard_stretch import WantedStretch
from qasr_cli.media.jumping.landmarks import Landmarks
from qasr_cli.media.pcm import Pcm
from qasr_cli.options import Options
from qasr_cli.run.stop_request import Stopped, StopRequest
from qasr_cli.serve import settings
from qasr_cli.serve.forms.uploads import PREFIX
from qasr_cli.serve.jobs.folder import Accepted, JobFolder
from qasr_cli.serve.jobs.in_place import InPlace, options_of
from qasr_cli.serve.models.scheduler import Kind
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.orders.orders import Order, refusal_of
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, Fields

MOST_BODY_BYTES = 1 << 20
_MOST_MS = 120_000  # of what somebody selects; longer texts are aligned as a job
_MOST_TEXT_CHARS = 20_000
_SAMPLES_A_MS = SAMPLE_RATE_HZ // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What a client selected.

    Attributes:
        text: what is said there; None = that is to be heard.
        language: as the client names it; None = as the job has it.
    """

    start_ms: int
    end_ms: int
    language: str | None
    text: str | None = None

    @classmethod
    def sent(cls, sent: object, *, has_text: bool) -> Self:
        """What JSON says.

        Raises:
            Refused: it is none, or too much.
        """
        try:
            fields = Fields(sent)
            start_ms, end_ms = fields.whole("start_ms"), fields.whole("end_ms")
            text = canonical(fields.text("text")).strip() if has_text else None
            language = fields.or_none("language", Fields.text)
        except DamagedDocument as error:
            raise Refused.bad_request(f"this is no stretch: {error}") from error
        if not 0 < end_ms - start_ms <= _MOST_MS:
            message = f"end_ms has to be above start_ms, by {_MOST_MS:,} at most"
            raise Refused.bad_request(message, param="end_ms")
        if text is not None and not (len(text) <= _MOST_TEXT_CHARS and any(map(is_kept, text))):
            message = f"text takes words, {_MOST_TEXT_CHARS:,} characters at most"
            raise Refused.bad_request(message, param="text")
        return cls(start_ms=start_ms, end_ms=end_ms, language=language, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of the recording of a job. Every method takes a while.

    Attributes:
        options: of the service.
        language: of what was heard in the job; None where that is not known.
        in_place: the user's own files that it is of; None where the recording was sent.
        landmarks, sample_count: of the recording, as far as they are known.
        stop: set when nobody waits any more.
    """

    folder: JobFolder
    accepted: Accepted
    options: Options
    selected: Selected
    language: str | None
    in_place: InPlace | None
    landmarks: Landmarks
    sample_count: int | None
    stop: StopRequest

    @property
    def wanted(self) -> Options:
        """The options of the job, with the language that is asked for.

        Raises:
            Refused: nobody knows it, or nobody can read what the job stands for.
        """
        if self.in_place is not None:
            self.in_place.read(self.folder)
        options = options_of(self.accepted, self.in_place, self.options)
        return settings.with_language(options, self.selected.language)

    def aligned(self, shared: SharedEngine) -> dict[str, Any]:
        """The words of a text that is said there, timed by the models that are loaded.

        Raises:
            Refused: there is no sound there, or the models cannot.
        """
        text = self.selected.text or ""
        language = self.wanted.engine.language or self.language or guess_language(text)
        pcm = self._pcm()
        first = self.selected.start_ms * _SAMPLES_A_MS
        clip = Clip(
            clip_id=f"stretch/{first}",
            span=Span(start_sample=first, end_sample=first + len(pcm)),
            language=language,
            pcm=pcm,
            text=text,
        )
        words = clip_words(ClipOutcome(span=clip.span, result=self._result(clip, shared)))
        return {
            **self._times(),
            "language": language,
            "text": words.text,
            "timing": words.note.timing,
            "words": _words(words.words, words.text),
        }

    def _result(self, clip: Clip, shared: SharedEngine) -> ClipDone | ClipFailed:
        try:
            with shared.session(Kind.SHORT) as session:
                most_s = session.max_clip_s
                if most_s is not None and clip.span.sample_count > most_s * SAMPLE_RATE_HZ:
                    message = f"the models take {most_s:g} s of sound at a time"
                    raise Refused.bad_request(message, param="end_ms")
                result = next(iter(session.run([clip])), None)
        except QasrError as error:
            raise refusal_of(error, self.accepted.name) from error
        if result is None:
            raise Refused.going_down()
        return result

    def order(self, uploads: str) -> Order:
        """An order for its sound, in a file of its own.

        Args:
            uploads: the folder of recordings that are at work.

        Raises:
            Refused: there is no sound there, or the disk is full.
        """
        pcm, options = self._pcm(), self.wanted
        decode = replace(options.decode, channels="mix", audio_track=None)
        output = replace(options.output, formats=())
        try:
            path = _written(pcm, uploads)
        except OSError as error:
            raise Refused.not_kept(error) from error
        return Order(
            path=path,
            sha256=hashlib.sha256(pcm.tobytes()).hexdigest(),
            name=self.accepted.name,
            options=replace(options, decode=decode, output=output),
        )

    def heard(self, transcript: Transcript) -> dict[str, Any]:
        """What the order's transcript says, at the times of the recording."""
        first_ms = self.selected.start_ms
        words = [word for segment in transcript.segments for word in segment.words]
        later = [
            replace(word, start_ms=word.start_ms + first_ms, end_ms=word.end_ms + first_ms)
            for word in words
        ]
        cues = [
            replace(cue, start_ms=cue.start_ms + first_ms, end_ms=cue.end_ms + first_ms)
            for cue in cues_of(transcript, self.wanted)
        ]
        return {
            **self._times(),
            "language": transcript.language,
            "text": transcript.text.strip(),
            "words": _words(later, transcript.text),
            "cues": cues_to_json(cues),
            "warnings": list(transcript.warnings),
        }

    def _times(self) -> dict[str, int]:
        return {"start_ms": self.selected.start_ms, "end_ms": self.selected.end_ms}

    def _pcm(self) -> Pcm:
        """Its sound, as the models hear it."""
        wanted = WantedStretch(
            first_sample=self.selected.start_ms * _SAMPLES_A_MS,
            end_sample=self.selected.end_ms * _SAMPLES_A_MS,
            landmarks=self.landmarks,
            sample_count=self.sample_count,
            on_look=self._go_on,
        )
        try:
            pcm = wanted.heard_in(self.folder.media, self.wanted.decode)
        except InputError as error:
            raise refusal_of(error, self.accepted.name) from error
        except Stopped as error:
            raise Refused.going_down() from error
        if not len(pcm):
            message = "the recording ends before start_ms"
            raise Refused.bad_request(message, param="start_ms")
        return pcm

    def _go_on(self) -> None:
        if self.stop.is_set:
            raise Stopped


def _written(pcm: Pcm, folder: str) -> str:
    """The path of a new file that holds the sound."""
    import soundfile

    descriptor, path = tempfile.mkstemp(prefix=f"{PREFIX}stretch-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            written = io.BytesIO()
            soundfile.write(written, pcm, SAMPLE_RATE_HZ, format="WAV", subtype="FLOAT")
            file.write(written.getbuffer())
    except BaseException:
        os.unlink(path)
        raise
    return path


def _words(words: Iterable[TextWord], text: str) -> list[dict[str, Any]]:
    return [
        {
            "word": text[word.char_start : word.char_end].strip(),
            "start_ms": word.start_ms,
            "end_ms": word.end_ms,
        }
        for word in words
    ]
