"""A target of a Containerfile as layers: each instruction is done as an engine would do it."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.container_root.chroot import Inside, Mount
from tools.container_root.containerfile import Containerfile, Instruction, Stage, expanded
from tools.container_root.context import Context
from tools.container_root.layers import Layer, LayerStore

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Where names are looked up: a container gets it from its engine.
_NAMES = Mount(outside="/etc/resolv.conf", inside="/etc/resolv.conf")


class BuildError(Exception):
    """An instruction cannot be done; the message says which, and what it said."""


@dataclass(slots=True)
class Built:
    """A stage so far, and at last.

    Attributes:
        layers: the lowest one first.
        variables: what ENV set.
        arguments: what ARG set, for this stage alone.
    """

    layers: list[Layer]
    variables: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    arguments: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = ""

    @property
    def all_variables(self) -> dict[str, str]:
        """What an instruction may name."""
        return self.arguments | self.variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What comes from this machine, and is to be in no layer.

    Attributes:
        context: the folder that COPY copies from.
        suite: of Debian, in place of every base image.
        build_arguments: as `--build-arg`.
        variables: for RUN alone.
        mounts: for RUN alone.
    """

    context: Path
    suite: str
    build_arguments: Mapping[str, str]
    variables: Mapping[str, str]
    mounts: Sequence[Mount]


class Builder:
    """Builds stages, each once.

    Args:
        say: prints a line.
    """

    def __init__(
        self, file: Containerfile, given: Given, store: LayerStore, say: Callable[[str], None]
    ) -> None:
        self._file = file
        self._given = given
        self._context = Context(given.context)
        self._store = store
        self._say = say
        self._built: dict[str, Built] = {}

    def stage(self, name: str) -> Built:
        """A stage with all that it stands on and copies from.

        Raises:
            BuildError: an instruction cannot be done.
        """
        if name not in self._built:
            stage = self._file.stages[name]
            built = self._begun(stage)
            for instruction in stage.instructions:
                self._do(instruction, built)
            self._built[name] = built
        return self._built[name]

    def _begun(self, stage: Stage) -> Built:
        if stage.base not in self._file.stages:
            self._say(f"{stage.name}: Debian {self._given.suite} stands for {stage.base}")
            return Built([self._store.base(self._given.suite)])
        below = self.stage(stage.base)
        return Built(
            layers=list(below.layers),
            variables=dict(below.variables),
            workdir=below.workdir,
            user=below.user,
        )

    def _do(self, instruction: Instruction, built: Built) -> None:
        match instruction.keyword:
            case "ARG":
                for name, default in instruction.pairs(built.all_variables):
                    built.arguments[name] = self._given.build_arguments.get(name, default)
            case "ENV":
                built.variables |= dict(instruction.pairs(built.all_variables))
            case "USER":
                built.user = expanded(instruction.text, built.all_variables)
            case "WORKDIR":
                self._change_folder(instruction, built)
            case "RUN":
                self._run(instruction, built)
            case "COPY":
                self._copy(instruction, built)
            case "LABEL" | "EXPOSE" | "VOLUME" | "HEALTHCHECK" | "ENTRYPOINT" | "CMD":
                pass  # they change no file
            case other:
                raise BuildError(f"line {instruction.line}: {other} is not known here")

    def _change_folder(self, instruction: Instruction, built: Built) -> None:
        built.workdir = expanded(instruction.text, built.all_variables)
        with self._store.changed(built.layers, f"WORKDIR {built.workdir}") as change:
            if not change.layer.is_kept:
                Path(f"{change.root}{built.workdir}").mkdir(parents=True, exist_ok=True)
        built.layers.append(change.layer)

    def _run(self, instruction: Instruction, built: Built) -> None:
        made_by = f"RUN {instruction.text}"
        variables = built.all_variables
        with self._store.changed(
            built.layers, made_by, repr(sorted(variables.items())), built.workdir, built.user
        ) as change:
            self._say(_line(change.layer))
            if not change.layer.is_kept:
                inside = Inside(
                    root=str(change.root),
                    environment={"HOME": "/root", **self._given.variables, **variables},
                    workdir=built.workdir,
                    user=built.user,
                    mounts=(_NAMES, *self._given.mounts),
                )
                ran = inside.run(["sh", "-c", instruction.text])
                if ran.returncode:
                    raise BuildError(
                        f"line {instruction.line}: code {ran.returncode}\n{ran.stdout}"
                    )
        built.layers.append(change.layer)

    def _copy(self, instruction: Instruction, built: Built) -> None:
        *names, target = (expanded(word, built.all_variables) for word in instruction.words())
        made_by = f"COPY {instruction.text}"
        source = instruction.flags.get("from", "")
        copied = self.stage(source).layers if source else []
        digests = [self._context.digest(name) for name in names if not source]
        digests += [layer.key for layer in copied[-1:]]
        with self._store.changed(built.layers, made_by, *digests, built.workdir) as change:
            self._say(_line(change.layer))
            if not change.layer.is_kept:
                place = f"{change.root}{os.path.join(built.workdir, target)}"
                if source:
                    with self._store.read_only(copied, at="copied-from") as root:
                        _copy_over([f"{root}{name}" for name in names], place)
                else:
                    for name in names:
                        self._context.copy(name, place)
        built.layers.append(change.layer)


def _copy_over(sources: Sequence[str], target: str) -> None:
    os.makedirs(target, exist_ok=True)
    for source in sources:
        same = ("cp", "-a", "--remove-destination", "--no-target-directory")
        subprocess.run([*same, source, target], check=True)


def _line(layer: Layer) -> str:
    return f"{'kept' if layer.is_kept else 'runs'}  {layer.made_by:.88}"
