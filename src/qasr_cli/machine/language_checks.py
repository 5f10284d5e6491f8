"""Whether the packages are here that some languages need, each tried by an import."""

import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module, metadata

from qasr_cli.engines import word_splitters
from qasr_cli.formats import dictionaries
from qasr_cli.machine.check import Check


def check_languages() -> Iterator[Check]:
    """Yield what cuts cues between words, then what finds the words that the aligner times."""
    for package, languages in _languages_by_package(dictionaries.PACKAGE_OF_LANGUAGE).items():
        yield _check(
            f"cues: {languages[0]}",
            package,
            good=f"cues in {_listed(languages)} are cut between words",
            bad=f"cues in {_listed(languages)} may part words",
            remedy=f"pip install {package}",
        )
    for language, package in word_splitters.PACKAGE_OF_LANGUAGE.items():
        yield _check(
            f"times: {language}",
            package,
            good=f"words in {language} get their times from the aligner{_splitting(language)}",
            bad=f"word times in {language} are estimated",
            remedy=word_splitters.install_command(language),
        )


def _splitting(language: str) -> str:
    """How words are found, where there are two ways."""
    if language != "Korean":
        return ""
    if word_splitters.korean_words():
        return ", split as in its training"
    return ", split at spaces (`pip install --no-deps qwen-asr`: as in its training)"


def _check(name: str, package: str, *, good: str, bad: str, remedy: str) -> Check:
    obstacle = _obstacle(package)
    if obstacle is None:
        version = metadata.version(package)
        return Check(name=name, state="ok", detail=f"{package} {version}: {good}")
    return Check(name=name, state="warn", detail=f"{package} {obstacle}: {bad}", remedy=remedy)


def _obstacle(package: str) -> str | None:
    """Why a package cannot be used; None when it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of theirs, at import
            import_module(package)
    except ModuleNotFoundError as error:
        missing = error.name
        return "is not installed" if missing == package else f"lacks the package {missing}"
    except (ImportError, OSError) as error:  # OSError: a shared library that does not load
        return f"cannot be imported ({' '.join(str(error).split())})"
    return None


def _languages_by_package(package_of_language: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for language, package in package_of_language.items():
        found.setdefault(package, []).append(language)
    return found


def _listed(languages: list[str]) -> str:
    return " and ".join(languages)
