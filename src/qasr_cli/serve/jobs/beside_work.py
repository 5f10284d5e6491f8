"""What is made of recordings for whoever looks and listens: beside the work, which comes first."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from qasr_cli.media.jumping.landmarks import Landmarks
from qasr_cli.options import DecodeOptions
from qasr_cli.serve.jobs.all_jobs import Jobs
from qasr_cli.serve.jobs.in_place import options_of
from qasr_cli.serve.jobs.job import Job, Making, Playable
from qasr_cli.serve.jobs.outlines import Outline, kept_landmarks, kept_outline
from qasr_cli.serve.jobs.playing import Copy, SoundPiece, kept_copy, playable_of, write_copy
from qasr_cli.serve.refusals import Refused

_OUTLINES = 2  # made at once
_COPIES = 1
_PIECES = 2
_PATIENCE_S = 0.5  # of whoever wants what is there


class BesideWork:
    """Makes outlines and copies, each once, however many ask. Belongs to the event loop."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._outlines = asyncio.Semaphore(_OUTLINES)
        self._pieces = asyncio.Semaphore(_PIECES)
        self._copies = {copy: asyncio.Semaphore(_COPIES) for copy in Copy}

    async def outline(self, job: Job, *, is_whole: bool) -> Outline:
        """The outline of a job.

        Args:
            is_whole: wait for all of it; else what is there after a moment will do.

        Raises:
            Refused: it cannot be made.
        """
        if job.outline is None:
            kept = await asyncio.to_thread(kept_outline, job.folder)
            if kept is not None:
                return kept
        outline = job.outline
        if outline is None or outline.making is None:
            outline = job.outline = Outline()
            outline.making = _begun(self._made_outline(job, outline))
        making = outline.making
        await asyncio.wait([making], timeout=None if is_whole else _PATIENCE_S)
        if making.done():
            if making.exception() is not None or outline.is_kept:
                job.outline = None  # the disk has it, or the next one tries again
            making.result()
        return outline

    async def playable(self, job: Job) -> Playable:
        """What browsers play of it."""
        if job.playable:  # what is not there may come back
            return job.playable
        decode = await self._decode_of(job)
        job.playable = playable = await asyncio.to_thread(playable_of, job.folder.media, decode)
        return playable

    async def landmarks(self, job: Job) -> tuple[Landmarks, int | None]:
        """Those of its recording, and how many samples it has, as far as that is known."""
        if job.outline is not None:
            return job.outline.landmarks, job.outline.sample_count
        return await asyncio.to_thread(kept_landmarks, job.folder)

    async def sound_piece(self, job: Job, *, start_ms: int, duration_ms: int) -> bytes:
        """A piece of its sound as every browser plays it.

        Raises:
            Refused: it cannot be had.
        """
        decode = await self._decode_of(job)
        landmarks, _ = await self.landmarks(job)
        piece = SoundPiece(
            folder=job.folder,
            accepted=job.accepted,
            decode=decode,
            start_ms=start_ms,
            duration_ms=duration_ms,
            landmarks=landmarks,
            on_look=self._go_on(job),
        )
        async with self._pieces:
            return await asyncio.to_thread(piece.content)

    async def copy(self, job: Job, copy: Copy) -> str:
        """The path of a copy, once it is made.

        Raises:
            Refused: it cannot be made.
        """
        return await asyncio.shield(self.begin_copy(job, copy).done)  # others may wait for it, too

    def begin_copy(self, job: Job, copy: Copy) -> Making:
        """A copy that is being made, by now."""
        making = job.copies.get(copy)
        if making is None or (making.done.done() and making.done.exception() is not None):
            making = job.copies[copy] = Making()
            making.done = _begun(self._made_copy(job, copy, making))
        return making

    async def _made_outline(self, job: Job, outline: Outline) -> None:
        async with self._outlines:
            go_on, decode = self._go_on(job), await self._decode_of(job)
            make = partial(outline.make, job.folder, job.accepted, decode, go_on)
            await asyncio.to_thread(make)

    async def _made_copy(self, job: Job, copy: Copy, making: Making) -> str:
        kept = await asyncio.to_thread(kept_copy, job.folder, copy)
        if kept is not None:
            return kept
        async with self._copies[copy]:
            go_on, decode = self._go_on(job), await self._decode_of(job)

            def note(share: float) -> None:
                go_on()
                making.share = share

            make = partial(write_copy, job.folder, job.accepted, decode, copy, on_share=note)
            return await asyncio.to_thread(make)

    async def _decode_of(self, job: Job) -> DecodeOptions:
        """As what was heard of it was decoded."""
        if job.in_place is not None:
            # What cannot be read is played all the same; whoever asks for its cues is told why.
            with contextlib.suppress(Refused):
                await asyncio.to_thread(job.in_place.read, job.folder)
        return options_of(job.accepted, job.in_place, self._jobs.options).decode

    def _go_on(self, job: Job) -> Callable[[], None]:
        """For a thread: raises where it is no longer wanted."""

        def go_on() -> None:
            if self._jobs.news.is_over:
                raise Refused.going_down()
            self._jobs.register.named(job.id)

        return go_on


def _begun(work: Coroutine[Any, Any, Any]) -> "asyncio.Future[Any]":
    begun = asyncio.ensure_future(work)
    begun.add_done_callback(
        lambda done: done.cancelled() or done.exception()
    )  # whoever asks is told
    return begun
