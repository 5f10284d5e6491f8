"""The options and arguments of `qasr models`."""

from enum import StrEnum
from typing import Annotated

import typer

from qasr_cli.cli.arguments.completion import complete_model, complete_pulled_model
from qasr_cli.cli.arguments.help_page import listed


class SourceName(StrEnum):
    """Where to pull from."""

    HF = "hf"
    MODELSCOPE = "modelscope"


class RoleName(StrEnum):
    """What a model is for."""

    RECOGNISER = "recogniser"
    ALIGNER = "aligner"
    DIARIZER = "diarizer"


ModelDir = Annotated[
    str | None,
    typer.Option(
        "--model-dir",
        metavar="FOLDER",
        help="Keep models in this folder, and look for them there first.",
    ),
]
RoleOption = Annotated[
    RoleName | None,
    typer.Option(
        "--role",
        metavar=listed(RoleName),
        help="Say what the model is for, where a name stands for two.",
    ),
]
NamesToPull = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME",
        help="1.7b, 0.6b, aligner, speakers, nemotron, or owner/name.",
        autocompletion=complete_pulled_model,
    ),
]
Source = Annotated[
    SourceName,
    typer.Option(
        "--source", metavar=listed(SourceName), help="Download from Hugging Face or ModelScope."
    ),
]
Revision = Annotated[
    str | None,
    typer.Option(
        "--revision",
        metavar="REVISION",
        help="Download this branch, tag or commit, not the newest.",
    ),
]
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A name, a repository or a folder.", autocompletion=complete_model
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        help="Names or folders; without any, all models that are here.",
        autocompletion=complete_model,
    ),
]
