"""What a browser plays of a job: its recording, or else a copy of its sound."""

import contextlib
import os
from collections.abc import Callable

from qasr_cli.errors import InputError, QasrError, UsageError
from qasr_cli.media.playing.playable import is_playable
from qasr_cli.media.playing.proxy import write_proxy
from qasr_cli.options import Options
from qasr_cli.serve.jobs.folder import Accepted, JobFolder, not_kept
from qasr_cli.serve.jobs.job import Playable
from qasr_cli.serve.orders.orders import refusal_of
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.files import sync

_PROXY_NAME = "sound.webm"


def playable_of(path: str) -> Playable:
    """What browsers play of a recording: itself, a copy of its sound, or nothing at all."""
    try:
        return True if is_playable(path) else "proxy"
    except QasrError:
        return False


def proxy_of_job(
    folder: JobFolder, accepted: Accepted, options: Options, *, on_look: Callable[[], None]
) -> str:
    """The path of the copy; it is made once, which takes a while.

    Only one at a time of a job.

    Args:
        options: of the service.
        on_look: called again and again; it may raise, to end this.

    Raises:
        Refused: there is no sound in it, or the disk is full.
    """
    path = folder.place(_PROXY_NAME)
    if os.path.exists(path):
        return path
    part = f"{path}.part"
    decode = accepted.asked.options_over(options).decode
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            write_proxy(folder.media, descriptor, decode=decode, on_look=on_look)
            sync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(part, path)
    except FileNotFoundError as error:
        raise Refused(404, "its recording is gone", code="recording_gone") from error
    except OSError as error:
        raise not_kept(error) from error
    except (InputError, UsageError) as error:
        raise refusal_of(error, accepted.name) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
    return path
