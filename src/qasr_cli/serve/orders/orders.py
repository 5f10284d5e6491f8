"""What is asked of the queue, and why it may not be had."""

from dataclasses import dataclass

from qasr_cli.errors import InputError, ModelMissing, QasrError, UsageError
from qasr_cli.options import Options
from qasr_cli.serve.models.session import EngineLost
from qasr_cli.serve.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One recording that somebody wants to have the words of.

    Attributes:
        path, sha256: of its file, which the queue may take away.
        name: as its sender calls it.
        text: what is said in it, where only its times are wanted.
    """

    path: str
    sha256: str
    name: str
    options: Options
    text: str | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Equal for orders that have the same transcript."""
        return self.sha256, repr(self.options), self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What was heard in one clip, told as soon as all before it is known."""

    start_ms: int
    end_ms: int
    text: str
    language: str | None


def refusal_of(error: QasrError, name: str) -> Refused:
    """How the sender of a recording is told why there is no transcript.

    Args:
        name: what the sender calls it.
    """
    code = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(error).__name__).strip("_")
    if isinstance(error, InputError):
        error.path = name
        return Refused(400, str(error), code=code, param="file")
    if isinstance(error, UsageError):
        return Refused(400, str(error), code=code)
    if isinstance(error, ModelMissing):
        message = f"model {error.model} is not on this machine; {error.remedy}"
        return Refused(501, message, code=code)
    if isinstance(error, EngineLost):
        return Refused(500, f"the models work no more: {error}", code="engine_lost")
    return Refused(500, str(error), code=code)
