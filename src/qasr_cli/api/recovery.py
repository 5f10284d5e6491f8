"""What was heard of a recording over which qasr died too often: written, with the rest marked."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from qasr_cli.core.outcomes import ClipOutcome, FileDone, inaudible_stretches
from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.core.timing import SAMPLE_RATE_HZ, clock_span, ms_from_samples
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.transcript.turns import conversation, in_order, turns_of
from qasr_cli.core.types import CHANNELS, Channel, ClipFailed, MediaFile, Span, Transcript
from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.errors import InputError, MalformedInput, RecognitionError, UnreadableInput
from qasr_cli.fingerprints import Fingerprints, settings_of
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.options import Options, RunOptions
from qasr_cli.run.commit.assembly import Assembled
from qasr_cli.run.commit.committer import Committer
from qasr_cli.run.commit.speakers import told_apart
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.resume import crash_count
from qasr_cli.run.state.kept_listening import kept_activity
from qasr_cli.run.state.layout import STATE_FOLDER
from qasr_cli.run.state.spool import spooled_clips
from qasr_cli.run.state.store import Store
from qasr_cli.saved.reports import read_report
from qasr_cli.storage.documents import DamagedDocument, open_regular

_NEVER_HEARD = "nobody came to hear it"
# Less between two clips that were heard is a pause; more may be one that was not.
_PAUSE_SAMPLES = 2 * SAMPLE_RATE_HZ
_USUAL_CRASHES = RunOptions().max_crashes


def recover(path: str, options: Options) -> FileDone:
    """Write the outputs of a recording from what earlier runs of a batch heard of it.

    It counts as done in part from then on; `--retry-failed` hears the rest.

    Args:
        options: `output.output_dir` is that of the batch.

    Raises:
        InputError: no batch died over it as it is, none heard anything of it, or an output stands
            in the way.
        OutputError: the disk takes no more.
        LockHeld: a run is at work there.
    """
    job, store = _job_of(path, options)
    with store.lock():
        if not _is_quarantined(job, store):
            reason = "is not quarantined, or changed since: qasr batch does it, or goes on with it"
            raise MalformedInput(path, reason)
        try:
            fingerprint, heard = spooled_clips(store.spool_path(job.name))
        except DamagedDocument as error:
            raise MalformedInput(path, f"nothing to recover: {error}") from error
        activity = kept_activity(store.spool_path(job.name), fingerprint=fingerprint)
        transcript = _transcript(job, heard, options, activity)
        places = ", ".join(clock_span(*gap) for gap in inaudible_stretches(transcript))
        lost = f"recovered from what was heard before qasr died over it; inaudible: {places}"
        made = Fingerprints.of(options, "")
        committer = Committer(
            options=options,
            fingerprints=replace(made, whole=fingerprint, heard=fingerprint),
        )
        return committer.commit(job, Assembled(transcript=transcript, lost=lost))


def _is_quarantined(job: Job, store: Store) -> bool:
    """Whether a batch leaves this very content out, or would the next time."""
    count = crash_count(job)
    if count >= _USUAL_CRASHES:
        return True
    try:
        details = read_report(store.root)["details"]
    except InputError:
        return False
    reported = any(
        (detail["file"], detail["status"]) == (job.name, "quarantined") for detail in details
    )
    return count > 0 and reported


# --- which job of which batch -----------------------------------------------------------------


def _job_of(path: str, options: Options) -> tuple[Job, Store]:
    """The recording as a job of the batch that began it, and where its state is.

    Raises:
        UnreadableInput: it is gone, or there is no such batch.
    """
    media = media_file_from_path(path, path)
    folder = options.output.output_dir
    root = _root_around(media) if folder is None else _walked_root(media, folder)
    # Names of outputs hang on the neighbours; it may have a suffix that is not usual.
    for walk in (Walk(), Walk(include=("*",))):
        plan = jobs_for_folders([root], output=options.output, walk=walk)
        for job in plan.jobs:
            if job.store is not None and os.path.samefile(job.media.path, path):
                return job, job.store
    raise UnreadableInput(path, f"the batch in {root} takes no such file")


def _root_around(media: MediaFile) -> str:
    root = os.path.dirname(os.path.abspath(media.path))
    while not os.path.isdir(os.path.join(root, STATE_FOLDER)):
        if root == os.path.dirname(root):
            reason = "no batch began it: no folder around it has .qasr; -o FOLDER says where"
            raise UnreadableInput(media.path, reason)
        root = os.path.dirname(root)
    return root


def _walked_root(media: MediaFile, folder: str) -> str:
    """The one folder that a batch walked which wrote elsewhere."""
    for detail in read_report(folder)["details"]:
        if os.path.realpath(detail["path"]) == os.path.realpath(media.path):
            root = detail["path"].removesuffix(f"/{detail['file']}")
            if root != detail["path"]:
                return str(root)
            reason = "its batch walked several folders; --retry-failed hears it again"
            raise UnreadableInput(media.path, reason)
    raise UnreadableInput(media.path, f"the batch that wrote to {folder} has no such file")


# --- what was heard ---------------------------------------------------------------------------


def _transcript(
    job: Job,
    heard: Sequence[ClipOutcome],
    options: Options,
    activity: Mapping[Channel | None, VoiceActivity],
) -> Transcript:
    """All that was heard; longer stretches between, before and behind it count as lost.

    Args:
        activity: who speaks when, as far as somebody listened to all sound for that.
    """
    speakers: dict[str, str] = dict(zip(CHANNELS, options.text.speaker_names, strict=True))
    end_sample = max(clip.span.end_sample for clip in heard)
    duration_ms = max(ms_from_samples(end_sample), _claimed_ms(job.media) or 0)
    transcripts = [
        _told_apart(
            assemble(
                file=job.name,
                duration_ms=duration_ms,
                clips=(*clips, *_lost(job, clips, duration_ms * SAMPLE_RATE_HZ // 1000)),
                models={},
                settings=settings_of(options) | {"context": job.context.to_document()},
            ),
            clips,
            activity.get(channel),
            name=channel or "Speaker",
        )
        for channel, clips in _by_channel(heard, speakers)
    ]
    if len(transcripts) == 1:
        return transcripts[0]
    turns = in_order([turn for each in transcripts for turn in turns_of(each)])
    return conversation(transcripts, turns)


def _told_apart(
    transcript: Transcript,
    clips: Sequence[ClipOutcome],
    activity: VoiceActivity | None,
    *,
    name: str,
) -> Transcript:
    """The transcript with its speakers, where the batch listened for their voices."""
    has_vectors = any(clip.voices is not None for clip in clips)
    wanted = SpeakerOptions(diarize=has_vectors or activity is not None)
    voices = (clip.voices for clip in clips)
    return told_apart(transcript, voices, wanted, name=name, activity=activity).transcript


def _by_channel(
    heard: Sequence[ClipOutcome], speakers: Mapping[str, str]
) -> Iterator[tuple[Channel | None, list[ClipOutcome]]]:
    for found in dict.fromkeys(clip.speaker for clip in heard):
        channel = next((known for known in CHANNELS if known == found), None)
        speaker = None if found is None else speakers.get(found, found)
        yield channel, [replace(clip, speaker=speaker) for clip in heard if clip.speaker == found]


def _lost(job: Job, clips: Sequence[ClipOutcome], end_sample: int) -> Iterator[ClipOutcome]:
    spans = sorted(clip.span for clip in clips)
    edges = [(0, 0), *((span.start_sample, span.end_sample) for span in spans)]
    error = RecognitionError(job.media.path, _NEVER_HEARD)
    for (_, begin), (end, _) in pairwise([*edges, (end_sample, end_sample)]):
        if end - begin >= _PAUSE_SAMPLES or (end == end_sample and end > begin):
            yield ClipOutcome(
                span=Span(start_sample=begin, end_sample=end),
                result=ClipFailed(clip_id=str(begin), stage="recognise", error=error),
            )


def _claimed_ms(media: MediaFile) -> int | None:
    try:
        with open_regular(media.path) as file:
            return probe(file.fileno(), path=media.path).duration_ms
    except (OSError, InputError):
        return None
