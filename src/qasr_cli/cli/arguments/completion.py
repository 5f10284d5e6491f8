"""What a shell completes: names of languages, models, formats and profiles. Nothing heavy."""

from collections.abc import Iterable, Iterator

from qasr_cli.checkpoints.catalog import MODELS, names
from qasr_cli.core.language.languages import all_languages
from qasr_cli.core.subtitles.styles import STYLES
from qasr_cli.formats.registry import EXTRA_FORMAT_NAMES, FORMAT_NAMES


def complete_language(incomplete: str) -> list[str]:
    """Names and codes; in the case in which they were begun."""
    languages = all_languages()
    spellings = (*(language.name for language in languages), *(known.code for known in languages))
    return list(_continued(incomplete, ("auto", *spellings)))


def complete_recogniser(incomplete: str) -> list[str]:
    """Models that write down what was said."""
    return list(_continued(incomplete, names("recogniser")))


def complete_aligner(incomplete: str) -> list[str]:
    """Models that time words."""
    return list(_continued(incomplete, names("aligner")))


def complete_model(incomplete: str) -> list[str]:
    """Models of every kind."""
    every = dict.fromkeys((*names("recogniser"), *names("aligner"), *names("diarizer")))
    return list(_continued(incomplete, every))


def complete_pulled_model(incomplete: str) -> list[str]:
    """Models that can be downloaded."""
    published = (model.name for model in MODELS if model.repositories)
    return list(_continued(incomplete, published))


def complete_formats(incomplete: str) -> list[str]:
    """The format at the end of a comma list; none twice."""
    *before, last = incomplete.split(",")
    every = (*FORMAT_NAMES, *EXTRA_FORMAT_NAMES)
    possible = every if before else (*every, "all")
    unused = (name for name in possible if name not in before)
    return [",".join((*before, name)) for name in _continued(last, unused)]


def complete_profile(incomplete: str) -> list[str]:
    """Styles by name."""
    return list(_continued(incomplete, STYLES))


def complete_shot_changes(incomplete: str) -> list[str]:
    """The one word that is no file."""
    return list(_continued(incomplete, ("auto",)))


def complete_device(incomplete: str) -> list[str]:
    """Kinds of devices."""
    return list(_continued(incomplete, ("auto", "cpu", "cuda", "cuda:0")))


def _continued(incomplete: str, values: Iterable[str]) -> Iterator[str]:
    """The values that begin so, whatever the case; what was typed stays as it was typed."""
    for value in values:
        if value.lower().startswith(incomplete.lower()):
            yield incomplete + value[len(incomplete) :]
