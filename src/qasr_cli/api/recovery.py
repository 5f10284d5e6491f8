"""What was heard of a recording over which qasr died too often: written, with the rest marked."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from qasr_cli.core.outcomes import ClipOutcome, FileDone, inaudible_stretches
from qasr_cli.core.timing import SAMPLE_RATE_HZ, clock_span, ms_from_samples
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.transcript.turns import conversation, in_order, turns_of
from qasr_cli.core.types import CHANNELS, ClipFailed, MediaFile, Span, Transcript
from qasr_cli.errors import InputError, MalformedInput, RecognitionError, UnreadableInput
from qasr_cli.fingerprints import Fingerprints, settings_of
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.options import Options
from qasr_cli.run.commit.assembly import Assembled
from qasr_cli.run.commit.committer import Committer
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.output_names import OutputBase
from qasr_cli.run.state.layout import STATE_FOLDER
from qasr_cli.run.state.spool import spooled_clips
from qasr_cli.run.state.store import Store
from qasr_cli.saved.reports import read_report
from qasr_cli.storage.documents import DamagedDocument, open_regular

_NEVER_HEARD = "nobody came to hear it"


def recover(path: str, options: Options) -> FileDone:
    """Write the outputs of a recording from what earlier runs of a batch heard of it.

    It counts as done in part from then on; `--retry-failed` hears the rest.

    Args:
        options: `output.output_dir` is that of the batch.

    Raises:
        InputError: no batch heard anything of it, it is gone, or an output stands in the way.
        OutputError: the disk takes no more.
        LockHeld: a run is at work there.
    """
    job = _job_of(path, options)
    if job.store is None:
        raise AssertionError("a job of a batch has a store")
    try:
        fingerprint, heard = spooled_clips(job.store.spool_path(job.name))
    except DamagedDocument as error:
        raise MalformedInput(path, f"nothing to recover: {error}") from error
    transcript = _transcript(job, heard, options)
    places = ", ".join(clock_span(*span) for span in inaudible_stretches(transcript))
    lost = f"{path}: recovered from what was heard before qasr died over it; inaudible: {places}"
    made = Fingerprints.of(options, "").made
    committer = Committer(
        options=options,
        fingerprints=Fingerprints(whole=fingerprint, heard=fingerprint, made=made),
    )
    with job.store.lock():
        return committer.commit(job, Assembled(transcript=transcript, lost=lost))


def _job_of(path: str, options: Options) -> Job:
    """The recording as a job of the batch that began it.

    Raises:
        UnreadableInput: it is gone, or there is no such batch.
    """
    media = media_file_from_path(path, path)
    folder = options.output.output_dir
    if folder is not None:
        return _mirrored_job(media, os.path.abspath(folder))
    absolute = os.path.abspath(path)
    root = os.path.dirname(absolute)
    while not os.path.isdir(os.path.join(root, STATE_FOLDER)):
        if root == os.path.dirname(root):
            reason = "no batch began it: no folder around it has .qasr; -o FOLDER says where"
            raise UnreadableInput(path, reason)
        root = os.path.dirname(root)
    # All of them: names of outputs hang on the neighbours.
    plan = jobs_for_folders([root], output=options.output, walk=Walk())
    for job in plan.jobs:
        if os.path.samefile(job.media.path, absolute):
            return job
    raise UnreadableInput(path, f"the batch in {root} takes no such file")


def _mirrored_job(media: MediaFile, folder: str) -> Job:
    for detail in read_report(folder)["details"]:
        if os.path.realpath(detail["path"]) == os.path.realpath(media.path):
            name = detail["file"]
            base = OutputBase(path=os.path.join(folder, os.path.splitext(name)[0]))
            return Job(media=media, name=name, base=base, store=Store(folder))
    raise UnreadableInput(media.path, f"the batch that wrote to {folder} has no such file")


def _transcript(job: Job, heard: Sequence[ClipOutcome], options: Options) -> Transcript:
    """All that was heard; what comes behind it counts as lost."""
    end_sample = max(clip.span.end_sample for clip in heard)
    duration_ms = max(ms_from_samples(end_sample), _claimed_ms(job.media) or 0)
    rest = Span(start_sample=end_sample, end_sample=duration_ms * SAMPLE_RATE_HZ // 1000 + 1)
    speakers: dict[str, str] = dict(zip(CHANNELS, options.text.speaker_names, strict=True))
    error = RecognitionError(job.media.path, _NEVER_HEARD)
    lost = ClipOutcome(span=rest, result=ClipFailed(clip_id="rest", stage="recognise", error=error))
    transcripts = [
        assemble(
            file=job.name,
            duration_ms=duration_ms,
            clips=(*clips, *((lost,) if is_first else ())),
            models={},
            settings=settings_of(options) | {"context": job.context.to_document()},
        )
        for is_first, clips in _by_channel(heard, speakers)
    ]
    if len(transcripts) == 1:
        return transcripts[0]
    turns = in_order([turn for each in transcripts for turn in turns_of(each)])
    return conversation(transcripts, turns)


def _by_channel(
    heard: Sequence[ClipOutcome], speakers: Mapping[str, str]
) -> Iterator[tuple[bool, list[ClipOutcome]]]:
    for index, channel in enumerate(dict.fromkeys(clip.speaker for clip in heard)):
        speaker = None if channel is None else speakers.get(channel, channel)
        own = [clip for clip in heard if clip.speaker == channel]
        yield index == 0, [replace(clip, speaker=speaker) for clip in own]


def _claimed_ms(media: MediaFile) -> int | None:
    try:
        with open_regular(media.path) as file:
            return probe(file.fileno(), path=media.path).duration_ms
    except (OSError, InputError):
        return None
