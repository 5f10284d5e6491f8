"""How a file is done, from its options. Files of one run may have different ones."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from qasr_cli.checkpoints.catalog import SPEAKERS
from qasr_cli.checkpoints.locate import speaker_model
from qasr_cli.core.outcomes import FileOutcome
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.core.speakers.names import speakers_in
from qasr_cli.core.types import Channel, Clip, MediaFile
from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.engines.base import Engine
from qasr_cli.engines.diarizers import Diarizer, diarizer_for
from qasr_cli.fingerprints import Fingerprints
from qasr_cli.machine.cores import usable_core_count
from qasr_cli.media.recording import Recording, SoundListener, VoicesOf
from qasr_cli.media.recording_summary import RecordingSummary
from qasr_cli.options import Options
from qasr_cli.run.commit.assembly import Assembler, look_at_job
from qasr_cli.run.commit.committer import Committer
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.known_voices import known_voices
from qasr_cli.run.plan.jobs import Job, outcome_of_foreign_output
from qasr_cli.run.resume import Resume, first_foreign_output
from qasr_cli.run.state.saved_result import SavedResult
from qasr_cli.run.state.spool import Spool
from qasr_cli.run.state.voices import KnownVoice, keep, kept

if TYPE_CHECKING:
    from qasr_cli.media.voices.model import VoiceModel

# On many cores one would be the slowest stage beside a GPU; on few the models need them.
_CORES_A_THREAD = 4
_MOST_THREADS = 4

OptionsOf = Callable[[MediaFile], Options]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePolicy:
    """How files with the same options are done.

    Attributes:
        voices: gives voices their vectors; None where nobody wants any.
        diarizer: hears whole recordings for who speaks when; None where nobody wants to know, or
            the vectors tell it.
        fingerprints: of what is made.
    """

    options: Options
    engine: Engine
    voices: "VoiceModel | None"
    diarizer: Diarizer | None
    fingerprints: Fingerprints
    resume: Resume
    assembler: Assembler
    committer: Committer

    def known(self, job: Job) -> FileOutcome | SavedResult | None:
        """What earlier runs leave to do of a job, as `Resume.known` says it."""
        committer, output = self.committer, self.options.output
        known = self.resume.known(
            job, committer.planned_outputs(job), partial(committer.outputs_in, job)
        )
        is_outcome = known is not None and not isinstance(known, SavedResult)
        if is_outcome or output.overwrite:
            return known
        # Whether there will be a copy shows late; what stands in its place should show now.
        foreign = first_foreign_output(job, committer.possible_copies(job))
        if foreign is None:
            return known
        return outcome_of_foreign_output(job, os.path.basename(foreign), self.options.run)

    def fingerprints_of(self, job: Job) -> Fingerprints:
        """Those of what is made of a job."""
        return self.fingerprints.with_context(job.context)

    def recording_of(
        self,
        job: Job,
        *,
        on_samples: Callable[[int], None] | None = None,
        spool: Spool | None = None,
    ) -> Recording:
        """The sound of a job, to be decoded and cut into clips.

        Args:
            on_samples: told, block by block, how many samples were decoded.
            spool: what an earlier run heard of it, and a place for more; None = keep nothing.
        """
        known_voices: VoicesOf = (lambda _: None) if spool is None else spool.voices_in
        return Recording(
            job.media,
            decode=self.options.decode,
            split=self.options.split,
            max_clip_s=self.engine.max_clip_s,
            language=self.options.engine.language,
            context=job.context.prompt,
            open_fd=job.open_fd,
            on_samples=on_samples,
            voices_of=partial(self._voices_of, known_voices),
            listener_of=partial(self._listener_of, job, spool),
            completed=partial(self._seen, job, on_samples),
        )

    def _seen(
        self, job: Job, on_samples: Callable[[int], None] | None, heard: RecordingSummary
    ) -> RecordingSummary:
        """What is known of a job, with the cuts of its picture where they are wanted."""
        on_look = (lambda: None) if on_samples is None else partial(on_samples, 0)
        return look_at_job(job, self.options, on_look).added_to(heard)

    def keep_voices(self, job: Job, voices: Sequence[KnownVoice]) -> None:
        """Keep how the speakers of a job sound, where somebody wants that.

        Raises:
            OutputError: it could not be written.
        """
        if voices and job.store is not None and self.voices is not None:
            model = self.voices.fingerprint
            keep(job.store.state_folder, job.name, voices, model=model)

    def kept_voices(self, job: Job) -> tuple[KnownVoice, ...]:
        """How the speakers of a job sound, as far as that was kept."""
        if job.store is None or self.voices is None:
            return ()
        return kept(job.store.state_folder, job.name, model=self.voices.fingerprint)

    @property
    def names_told(self) -> frozenset[str]:
        """The people whose names came with their voices."""
        return frozenset(voice.name for voice in self.options.speakers.known)

    def renamed(self, job: Job, names: Mapping[str, str]) -> bool:
        """Write the outputs of a job that is done with other names, if they have others.

        Args:
            names: of its speakers as they are numbered -> what to call them.

        Raises:
            InputError: an output was edited, or the result is damaged.
            OutputError: the disk takes no more.
        """
        saved = self.resume.saved(job)
        if saved is None:
            return False
        heard = saved.heard or saved.transcript
        plain = replace(saved, transcript=heard, is_corrected=False, heard=None)
        wanted = [names.get(speaker, speaker) for speaker in speakers_in(heard)]
        if speakers_in(saved.transcript) == wanted:
            return False
        assembled = self.assembler.of_saved(plain, job, names=names)
        self.committer.commit(job, assembled, known_sha256=saved.mark.content.sha256)
        return True

    def _listener_of(
        self, job: Job, spool: Spool | None, channel: Channel | None
    ) -> SoundListener | None:
        if self.diarizer is None:
            return None
        listener = self.diarizer.listener()
        if spool is None:
            return listener
        return spool.kept_listener(listener, channel, media_path=job.media.path)

    def _voices_of(self, known_voices: VoicesOf, clip: Clip) -> HeardVoices | None:
        if self.voices is None:
            return None
        known = known_voices(clip)
        if known is not None:
            return known
        from qasr_cli.media.voices.listening import voices_of

        return voices_of(clip, self.voices)


class FilePolicies:
    """The policy of each file; made once for all that have the same options.

    Args:
        options_of: gives the same object for the same options.
        corrector: makes the corrections; None where no file will be finished.
        script: of the text that the engine times, where it was not recognised.
        remembers: as in `Resume`.
    """

    def __init__(
        self,
        options_of: OptionsOf,
        *,
        engine: Engine,
        corrector: Corrector | None = None,
        script: ScriptByClip | None = None,
        remembers: bool = True,
    ) -> None:
        self._options_of = options_of
        self._engine = engine
        self._corrector = corrector or Corrector()
        self._script = script
        self._remembers = remembers
        self._policies: dict[int, FilePolicy] = {}

    def of(self, media: MediaFile) -> FilePolicy:
        """The policy of one file."""
        options = self._options_of(media)
        # By identity: a hash over thousands of corrections, for every file, would be felt. The
        # policy holds the options, so no other object takes their place in memory.
        policy = self._policies.get(id(options))
        if policy is None:
            policy = self._policies[id(options)] = self._made_from(options)
        return policy

    def _made_from(self, options: Options) -> FilePolicy:
        voices = _voice_model(options)
        threads = _thread_count()
        diarizer = diarizer_for(options.speakers, options.engine, thread_count=threads)
        engine_fingerprint, models = self._engine.fingerprint, self._engine.models
        if diarizer is not None:
            engine_fingerprint += f" {diarizer.name}/{diarizer.fingerprint}"
            models = {**models, "diarizer": f"{diarizer.name} ({diarizer.fingerprint})"}
        # Vectors that are only kept change nothing that is written.
        if voices is not None and (diarizer is None or options.speakers.known):
            engine_fingerprint += f" voices/{voices.fingerprint}"
            role = "diarizer" if diarizer is None else "voices"
            models = {**models, role: f"{SPEAKERS} ({voices.fingerprint})"}
        made = Fingerprints.of(options, engine_fingerprint)
        return FilePolicy(
            options=options,
            engine=self._engine,
            voices=voices,
            diarizer=diarizer,
            fingerprints=made,
            resume=Resume(
                options=options,
                fingerprints=made,
                engine_fingerprint=engine_fingerprint,
                remembers=self._remembers,
            ),
            assembler=Assembler(
                options=options,
                models=models,
                corrector=self._corrector,
                script=self._script,
                known=partial(_known, options, voices),
            ),
            committer=Committer(options=options, fingerprints=made, script=self._script),
        )


def _known(options: Options, voices: "VoiceModel | None") -> Sequence[KnownVoice]:
    known = options.speakers.known
    if not known or voices is None:
        return ()
    return known_voices(known, voices, options.decode, options.split)


def people_heard(options: Options) -> tuple[KnownVoice, ...]:
    """How the people sound whose names are known, if there are any.

    Raises:
        ModelMissing, ModelLoadError: what tells voices apart is not on this machine, or damaged.
        UsageError: as `known_voices`.
    """
    return tuple(_known(options, _voice_model(options)))


def _voice_model(options: Options) -> "VoiceModel | None":
    """What gives voices their vectors; None where nobody wants any.

    Raises:
        ModelMissing, ModelLoadError: it is not on this machine, or damaged.
    """
    if not options.speakers.has_vectors:
        return None
    from qasr_cli.media.voices.model import voice_model

    return voice_model(speaker_model(options.engine.model_dir), thread_count=_thread_count())


def _thread_count() -> int:
    """Threads for what listens to voices."""
    return max(1, min(_MOST_THREADS, usable_core_count() // _CORES_A_THREAD))
