"""How a file is done, from its options. Files of one run may have different ones."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from qasr_cli.core.outcomes import FileOutcome
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.core.types import MediaFile
from qasr_cli.engines.base import Engine
from qasr_cli.fingerprints import Fingerprints
from qasr_cli.media.recording import Recording
from qasr_cli.options import Options
from qasr_cli.run.commit.assembly import Assembler
from qasr_cli.run.commit.committer import Committer
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.plan.jobs import Job, outcome_of_foreign_output
from qasr_cli.run.resume import Resume, first_foreign_output
from qasr_cli.run.state.saved_result import SavedResult

OptionsOf = Callable[[MediaFile], Options]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePolicy:
    """How files with the same options are done.

    Attributes:
        fingerprints: of what is made.
    """

    options: Options
    engine: Engine
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
        self, job: Job, *, on_samples: Callable[[int], None] | None = None
    ) -> Recording:
        """The sound of a job, to be decoded and cut into clips.

        Args:
            on_samples: told, block by block, how many samples were decoded.
        """
        return Recording(
            job.media,
            decode=self.options.decode,
            split=self.options.split,
            max_clip_s=self.engine.max_clip_s,
            language=self.options.engine.language,
            context=job.context.prompt,
            open_fd=job.open_fd,
            on_samples=on_samples,
        )


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
        made = Fingerprints.of(options, self._engine.fingerprint)
        return FilePolicy(
            options=options,
            engine=self._engine,
            fingerprints=made,
            resume=Resume(
                options=options,
                fingerprints=made,
                engine_fingerprint=self._engine.fingerprint,
                remembers=self._remembers,
            ),
            assembler=Assembler(
                options=options,
                engine=self._engine,
                corrector=self._corrector,
                script=self._script,
            ),
            committer=Committer(options=options, fingerprints=made, script=self._script),
        )
