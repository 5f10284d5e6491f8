"""A Containerfile, read: its stages and their instructions, as an engine would take them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_VARIABLE = re.compile(r"\\\$|\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)")
_FLAG = re.compile(r"--([a-z-]+)=(\S+)\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction.

    Attributes:
        flags: `--from=packages` and the like, by name.
        text: the rest, as it is written, on one line.
        line: where it begins, from 1.
    """

    keyword: str
    flags: Mapping[str, str]
    text: str
    line: int

    def words(self) -> tuple[str, ...]:
        """Its parts, where it is written as JSON or holds paths."""
        if self.text.startswith("["):
            return tuple(json.loads(self.text))
        return tuple(self.text.split())

    def pairs(self, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """The names and values of an ENV, an ARG or a LABEL."""
        for name, quoted, plain in re.findall(r'([\w.-]+)(?:=(?:"([^"]*)"|(\S*)))?', self.text):
            yield name, expanded(quoted or plain, variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What begins with a FROM.

    Attributes:
        base: an earlier stage, or an image.
    """

    name: str
    base: str
    instructions: tuple[Instruction, ...]

    def last(self, keyword: str) -> Instruction:
        """The one of its kind that counts.

        Raises:
            KeyError: there is none.
        """
        for instruction in reversed(self.instructions):
            if instruction.keyword == keyword:
                return instruction
        raise KeyError(keyword)


@dataclass(frozen=True, slots=True, kw_only=True)
class Containerfile:
    """All stages, by name.

    Attributes:
        arguments: the ARGs before the first stage.
    """

    arguments: Mapping[str, str]
    stages: Mapping[str, Stage]

    def chain(self, target: str) -> tuple[Stage, ...]:
        """A stage and those that it stands on, the lowest one first."""
        stage = self.stages[target]
        below = self.chain(stage.base) if stage.base in self.stages else ()
        return (*below, stage)

    def instructions(self, target: str) -> tuple[Instruction, ...]:
        """All that makes a target, in order, without the stages that it copies from."""
        return tuple(each for stage in self.chain(target) for each in stage.instructions)


def read(text: str, build_arguments: Mapping[str, str] | None = None) -> Containerfile:
    """A Containerfile of its text.

    Args:
        build_arguments: `--build-arg`s, which go over defaults before the first stage.

    Raises:
        ValueError: it holds something that is not understood here.
    """
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    name, base = "", ""
    body: list[Instruction] = []

    def close() -> None:
        if name:
            stages[name] = Stage(name=name, base=base, instructions=tuple(body))

    for instruction in _instructions(text):
        if instruction.keyword == "FROM":
            close()
            found = re.fullmatch(r"(\S+)\s+AS\s+(\S+)", instruction.text, re.IGNORECASE)
            if found is None:
                raise ValueError(f"line {instruction.line}: a FROM without a name")
            base, name, body = expanded(found[1], arguments), found[2], []
        elif name:
            body.append(instruction)
        else:
            arguments |= dict(instruction.pairs({}))
            arguments |= {k: v for k, v in (build_arguments or {}).items() if k in arguments}
    close()
    return Containerfile(arguments=arguments, stages=stages)


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """The text with its variables replaced.

    >>> expanded("${BASE}/bin:$PATH ${NONE:-x}", {"BASE": "/opt", "PATH": "/bin"})
    '/opt/bin:/bin x'
    """

    def value(found: re.Match[str]) -> str:
        if found[0] == r"\$":
            return "$"
        return variables.get(found[1] or found[3]) or found[2] or ""

    return _VARIABLE.sub(value, text)


def _instructions(text: str) -> Iterator[Instruction]:
    pending, begun = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begun = begun if pending else number
        pending += line.strip()
        if pending.endswith("\\"):
            pending = pending[:-1].rstrip() + " "
            continue
        yield _instruction(pending, begun)
        pending = ""


def _instruction(text: str, line: int) -> Instruction:
    keyword, _, rest = text.partition(" ")
    rest = rest.strip()
    if "<<" in rest:
        raise ValueError(f"line {line}: here-documents are not understood")
    flags: dict[str, str] = {}
    while found := _FLAG.match(rest):
        flags[found[1]] = found[2]
        rest = rest[found.end() :]
    return Instruction(keyword=keyword.upper(), flags=flags, text=rest, line=line)
