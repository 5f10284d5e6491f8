"""The options that commands share; `option_sets` gives them to commands."""

from dataclasses import dataclass

from qasr_cli.cli.arguments.groups.console import ConsoleArguments
from qasr_cli.cli.arguments.groups.cues import CueArguments
from qasr_cli.cli.arguments.groups.engine import EngineArguments
from qasr_cli.cli.arguments.groups.outputs import (
    FormatArguments,
    RenderingArguments,
    WritingArguments,
)
from qasr_cli.cli.arguments.groups.run import RunArguments
from qasr_cli.cli.arguments.groups.sound import SoundArguments
from qasr_cli.cli.arguments.groups.speakers import SpeakerArguments
from qasr_cli.cli.arguments.groups.speech import SpeechArguments
from qasr_cli.options import Options, OutputOptions, TextOptions


# A dataclass has the fields of its last base first, so `--help` lists these groups in reverse.
@dataclass(frozen=True, kw_only=True)
class Arguments(
    RenderingArguments,
    CueArguments,
    ConsoleArguments,
    WritingArguments,
    RunArguments,
    SoundArguments,
    EngineArguments,
    SpeakerArguments,
    SpeechArguments,
    FormatArguments,
):
    """The shared options as the command line gave them; each field is an option."""

    def options(self) -> Options:
        """The frozen groups that the options stand for.

        Raises:
            UsageError: a value is out of range, or two contradict.
        """
        return Options(
            decode=self.decode_options(),
            split=self.split_options(),
            engine=self.engine_options(language=self.language),
            speakers=self.speaker_options(),
            text=TextOptions(
                corrections=self.correction_rules(),
                speaker_names=self.names_of_speakers(is_diarized=self.diarize),
                script=self.wanted_script(),
            ),
            cue=self.cue_options(),
            output=OutputOptions(
                formats=self.formats(),
                rendering=self.rendering(),
                output_dir=self.output_dir,
                language_suffix=self.language_suffix,
                overwrite=self.overwrite,
                embed=self.embed,
            ),
            run=self.run_options(),
            context=self.recogniser_context(),
        )
