"""What a client of a live session says first: a session, one that it had, or one to watch."""

from dataclasses import dataclass

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import UsageError
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.options import Options
from qasr_cli.serve.forms.uploads import name_of_sender
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from

MOST_TEXT_BYTES = 64 << 10
LEAST_RATE_HZ, MOST_RATE_HZ = 8_000, 192_000
_FORMAT = "s16le"
_NAME_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A session is wished for.

    Attributes:
        asked: its settings, as a job has them.
        name: of the recording that comes of it; "" = none was given.
        rate_hz: of the sound that is sent.
        keeps_sound: it is to be listened to again.
        endpoint_ms, step_ms: as in `LiveOptions`; None = as the service does it.
    """

    asked: Asked
    name: str = ""
    rate_hz: int = SAMPLE_RATE_HZ
    partials: bool = True
    keeps_sound: bool = False
    endpoint_ms: int | None = None
    step_ms: int | None = None

    def live_options(self, options: Options, *, max_lag_s: float) -> LiveOptions:
        """How the session listens.

        Args:
            options: of the session.

        Raises:
            Refused: what it asks for cannot be had.
        """
        given = {"endpoint_ms": self.endpoint_ms, "step_ms": self.step_ms}
        try:
            return LiveOptions(
                **{name: value for name, value in given.items() if value is not None},
                has_partials=self.partials,
                max_lag_s=max_lag_s,
                language=options.engine.language,
                context=options.context.prompt,
                wants_times=options.engine.align,
                vad=options.split.vad,
                retries=options.run.retries,
                cue=options.cue,
            )
        except UsageError as error:
            message = (
                str(error).replace("--endpoint-ms", "endpoint_ms").replace("--step-ms", "step_ms")
            )
            raise Refused.bad_request(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Somebody whose connection was cut comes back.

    Attributes:
        sample: number of the first sample that they can still send; None = the next one.
        last_id: of the last final that they know.
    """

    session: str
    sample: int | None = None
    last_id: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Somebody who only reads.

    Attributes:
        session: None = the newest, also one that is still to come.
    """

    session: str | None = None
    last_id: int = -1


def greeting_from(text: str) -> Start | Return | Watch:
    """The first message of a client.

    Raises:
        Refused: it is none.
    """
    try:
        fields = Fields(json_from(text.encode("utf-8", "replace")))
        kind = fields.choice("type", ("start", "watch"))
        session = fields.or_none("session", Fields.text)
        last_id = -1 if fields.or_none("final", Fields.signed) is None else fields.signed("final")
        if kind == "watch":
            return Watch(session=session, last_id=last_id)
        if session is not None:
            return Return(
                session=session, sample=fields.or_none("sample", Fields.whole), last_id=last_id
            )
        return _start_from(fields)
    except DamagedDocument as error:
        message = f"this is no first message of a live session: {error}"
        raise Refused.bad_request(message) from error


def _start_from(fields: Fields) -> Start:
    format_ = fields.or_none("format", Fields.text)
    if format_ not in {None, _FORMAT}:
        raise Refused.bad_request(f"format takes {_FORMAT}", param="format")
    given_hz = fields.or_none("rate", Fields.whole)
    rate_hz = SAMPLE_RATE_HZ if given_hz is None else given_hz
    if not LEAST_RATE_HZ <= rate_hz <= MOST_RATE_HZ:
        message = f"rate takes {LEAST_RATE_HZ} to {MOST_RATE_HZ} samples a second"
        raise Refused.bad_request(message, param="rate")
    context = fields.or_none("context", Fields.text)
    asked = Asked(
        language=fields.or_none("language", Fields.text) or None,
        context=context if context and context.strip() else None,
        hotwords=fields.texts("hotwords", default=()),
        profile=fields.or_none("profile", Fields.text) or None,
    )
    name = fields.or_none("name", Fields.text) or ""
    return Start(
        asked=asked,
        name=name_of_sender(name)[:_NAME_CHARS],
        rate_hz=rate_hz,
        partials=fields.flag("partials", default=True),
        keeps_sound=fields.flag("keep_sound", default=False),
        endpoint_ms=fields.or_none("endpoint_ms", Fields.whole),
        step_ms=fields.or_none("step_ms", Fields.whole),
    )
