"""The words that the aligner is asked the times of; of Chinese, each character.

Japanese and Korean have packages of their own for it. Text of every other language, known or not,
is split at spaces, as the package published with the models does it; so it is in languages that the
aligner was not trained on.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from types import MappingProxyType

from qasr_cli.core.language.languages import is_alignable
from qasr_cli.core.text import is_kept
from qasr_cli.core.types import Timing

# Those that the aligner's processor in transformers imports. Extras, for the one brings 50 MB and
# the other scipy and scikit-learn.
PACKAGE_OF_LANGUAGE: Mapping[str, str] = MappingProxyType(
    {"Japanese": "nagisa", "Korean": "soynlp"}
)
# Each is a word, also where this Python's Unicode does not know it yet. Source: the blocks that the
# package published with the models names.
_IDEOGRAPH = re.compile(
    "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf"
    "\U0002f800-\U0002fa1f]"
)
_EXTRA_OF_LANGUAGE = {"Japanese": "ja", "Korean": "ko"}

# The published package, whose list of Korean words the aligner was trained with. Only its data is
# used: it cannot be imported beside the transformers that qasr needs.
_KOREAN_WORDS = ("qwen-asr", "qwen_asr/inference/assets/korean_dict_jieba.dict")


def install_command(language: str | None) -> str:
    """The command that installs what a language needs for its word times."""
    return f"pip install 'qasr-cli[{_EXTRA_OF_LANGUAGE.get(language or '', 'all')}]'"


def timing_by_aligner(languages: tuple[str | None, ...]) -> Timing:
    """How words are timed in these languages, once the aligner has given them times."""
    is_trained = all(map(is_alignable, languages))
    return Timing.ALIGNED if languages and is_trained else Timing.ALIGNED_UNLISTED


def words_for_aligner(text: str, language: str | None) -> list[str]:
    """The words of a text as the aligner knows them: letters, numbers and apostrophes.

    They are those of `split_words_for_alignment` of the library's processor.

    Args:
        text: canonical.
        language: full English name; a code would select the wrong splitter without a word.

    Raises:
        ImportError: the language needs a package that is not here.
    """
    if language == "Japanese":
        import nagisa

        return _cleaned(nagisa.tagging(text.strip()).words)
    if language == "Korean":
        from soynlp.tokenizer import LTokenizer

        tokenizer = LTokenizer(scores=korean_words()) if korean_words() else LTokenizer()
        return _cleaned(tokenizer.tokenize(text.strip()))
    return _cleaned(_IDEOGRAPH.sub(r" \g<0> ", text).split())


def _cleaned(pieces: Iterable[str]) -> list[str]:
    """What is kept of each piece, where something is."""
    kept = (
        piece if _IDEOGRAPH.match(piece) else "".join(filter(is_kept, piece)) for piece in pieces
    )
    return [word for word in kept if word]


@functools.cache
def korean_words() -> dict[str, float]:
    """The words that Korean was split by in training; none where `qwen-asr` is not installed."""
    return dict.fromkeys(_read_korean_words(), 1.0)


def _read_korean_words() -> Iterator[str]:
    package, name = _KOREAN_WORDS
    try:
        path = str(metadata.distribution(package).locate_file(name))
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (metadata.PackageNotFoundError, OSError, UnicodeDecodeError):
        return
    yield from (line.split()[0] for line in lines if line.strip())
