"""Build a target of the Containerfile without a container engine, and try what came out.

    python -m tools.build_container_root [--target cpu] [--folder FOLDER] ...

Every RUN, COPY, ENV, USER and WORKDIR is done in a Debian of debootstrap, which stands for the
base image. Then, as the image's user, without a network, on a root that cannot be written:
`qasr doctor --self-test`, a batch over recordings, the service with its health check, a user
whom nobody knows. Prints the size of each layer; ends with 1 if anything failed. Needs root, Linux,
debootstrap and the packages' index, which may be another by `--variable` and `--mount`:

    --variable PIP_INDEX_URL=https://pypi.example.org/simple --mount /etc/ssl/certs

What was built is kept in FOLDER, so that the next time only what changed is done again.
"""

import argparse
import sys
from pathlib import Path

from tools.container_root import containerfile
from tools.container_root.build import Builder, BuildError, Built, Given
from tools.container_root.chroot import Mount
from tools.container_root.layers import LayerStore
from tools.container_root.trial import Trial

ROOT = Path(__file__).resolve().parent.parent
_MEGABYTE = 1_000_000


def main() -> int:
    """Build, try, say."""
    chosen = _parser().parse_args()
    given = Given(
        context=ROOT,
        suite=chosen.suite,
        build_arguments=dict(chosen.build_arg),
        variables=dict(chosen.variable),
        mounts=tuple(map(_mount, chosen.mount)),
    )
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    file = containerfile.read(text, given.build_arguments)
    store = LayerStore(chosen.folder.resolve(), mirror=chosen.mirror)
    try:
        built = Builder(file, given, store, _say).stage(chosen.target)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    _say_sizes(built)
    if chosen.no_trial:
        return 0
    with store.read_only(built.layers, at="tried") as root:
        return 0 if Trial(file, chosen.target, built, root, _say).passes() else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", default="cpu", help="a stage of the Containerfile")
    parser.add_argument("--suite", default="trixie", help="the Debian that stands for the base")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian", help="of Debian")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/qasr-container"))  # noqa: S108  # root's alone is not needed
    parser.add_argument("--no-trial", action="store_true", help="build alone")
    pair = {"action": "append", "default": [], "type": _pair, "metavar": "NAME=VALUE"}
    parser.add_argument("--build-arg", help="as of an engine", **pair)  # type: ignore[arg-type]
    parser.add_argument("--variable", help="for RUN alone, kept nowhere", **pair)  # type: ignore[arg-type]
    parser.add_argument(
        "--mount",
        action="append",
        default=[],
        metavar="PATH[:INSIDE]",
        help="for RUN alone, read-only",
    )
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text}: takes NAME=VALUE")
    return name, value


def _mount(text: str) -> Mount:
    outside, _, inside = text.partition(":")
    return Mount(outside=outside, inside=inside or outside)


def _say(line: str) -> None:
    print(line, flush=True)


def _say_sizes(built: Built) -> None:
    sizes = [layer.size_bytes for layer in built.layers]
    _say("    MB  layer")
    for layer, size_bytes in zip(built.layers, sizes, strict=True):
        _say(f"{size_bytes / _MEGABYTE:6.0f}  {layer.made_by:.88}")
    _say(f"{sum(sizes) / _MEGABYTE:6.0f}  in all")


if __name__ == "__main__":
    sys.exit(main())
