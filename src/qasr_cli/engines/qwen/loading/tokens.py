"""A checkpoint's tokenizer without the library's classes: text to token ids, and back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qasr_cli.checkpoints import layout
from qasr_cli.engines.qwen.loading.known_shape import UnknownShape

if TYPE_CHECKING:
    from tokenizers import AddedToken, Tokenizer

_AUDIO_TOKEN = "audio_token"  # noqa: S105  # a setting's name
# Each of them changes what texts become.
_NOT_TRUE = ("add_prefix_space", "clean_up_tokenization_spaces", "split_special_tokens")
# Of older versions of the library, which reads marks out of them.
_OLDER_FILES = ("special_tokens_map.json", "added_tokens.json")
_MARKS = "added_tokens_decoder"
_TRAITS = ("lstrip", "rstrip", "single_word", "normalized", "special")

# The library's class cuts texts so, whatever a tokenizer.json says.
# Source: transformers, models/qwen2/tokenization_qwen2.py.
_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_CUTS = {
    "type": "Sequence",
    "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": _PIECES}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
    ],
}
# What the library's class makes of a model of pairs, all else left out.
_PLAIN_MODEL = {
    "dropout": None,
    "unk_token": None,
    "fuse_unk": False,
    "byte_fallback": False,
    "ignore_merges": False,
}


class Tokens:
    """What of a tokenizer prompts and answers need, called as the library's are."""

    def __init__(self, tokenizer: "Tokenizer", audio_token: str) -> None:
        self._tokenizer = tokenizer
        self.audio_token = audio_token

    @property
    def added_tokens_decoder(self) -> Mapping[int, "AddedToken"]:
        """The marks, by id."""
        marks: Mapping[int, AddedToken] = self._tokenizer.get_added_tokens_decoder()
        return marks

    def __call__(self, text: str, *, add_special_tokens: bool) -> dict[str, list[int]]:
        """The ids of a text, as `input_ids`."""
        encoded = self._tokenizer.encode(text, add_special_tokens=add_special_tokens)
        return {"input_ids": encoded.ids}

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool) -> str:
        """The text of ids."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=skip_special_tokens)
        return text


def tokens_of(folder: Path) -> Tokens:
    """The tokenizer in a folder's tokenizer.json, where the library would make the same of it.

    Raises:
        UnknownShape: there is none, or it or its settings ask for something more.
    """
    file = folder / "tokenizer.json"
    settings = layout.settings_in(folder, "tokenizer_config.json")
    if settings is None or not file.is_file():
        raise UnknownShape("there is no tokenizer.json, or no tokenizer_config.json")
    if any(settings.get(name) for name in _NOT_TRUE):
        raise UnknownShape("its tokenizer_config.json asks for something more")
    if _MARKS not in settings and any((folder / name).exists() for name in _OLDER_FILES):
        raise UnknownShape("its marks are named as older libraries do")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(file.read_bytes())
    _require_plain(tokenizer)
    marks = tokenizer.get_added_tokens_decoder()
    _require_same_marks(settings, marks)
    specials = {mark.content for mark in marks.values() if _traits(mark) == _plain(mark.content)}
    if lacking := set(_named_tokens(settings)) - specials:
        raise UnknownShape(f"tokenizer.json lacks {min(lacking)}")
    audio_token = _content(settings.get(_AUDIO_TOKEN) or _extra(settings).get(_AUDIO_TOKEN))
    if audio_token is None:
        raise UnknownShape("no mark is named as the place of sound")
    return Tokens(tokenizer, audio_token)


def _require_plain(tokenizer: "Tokenizer") -> None:
    """Raise unless texts are cut as the library's class of this family cuts them."""
    model = tokenizer.model
    traits = {name: getattr(model, name, name) for name in _PLAIN_MODEL}
    affixes = (model.continuing_subword_prefix, model.end_of_word_suffix)
    steps = _as_json(tokenizer.normalizer), _as_json(tokenizer.pre_tokenizer)
    decoder = _as_json(tokenizer.decoder) or {}
    if (
        traits != _PLAIN_MODEL
        or any(affixes)
        or steps != ({"type": "NFC"}, _CUTS)
        or decoder.get("type") != "ByteLevel"
        or tokenizer.truncation
        or tokenizer.padding
    ):
        raise UnknownShape("its tokenizer.json cuts texts in a way of its own")


def _as_json(step: Any) -> Any:  # noqa: ANN401  # a step of theirs, whose state has no type
    """A step of a tokenizer as tokenizer.json has it, without what does nothing to ids."""
    if step is None:
        return None
    return json.loads(
        step.__getstate__(),
        object_hook=lambda each: {k: v for k, v in each.items() if k != "trim_offsets"},
    )


def _require_same_marks(settings: dict[str, Any], marks: Mapping[int, "AddedToken"]) -> None:
    """Raise unless the settings' own list of marks, where there is one, is the tokenizer's."""
    listed = settings.get(_MARKS)
    if listed is None:
        return
    found = {str(number): _traits(mark) for number, mark in marks.items()}
    if {number: _traits_in(mark) for number, mark in dict(listed).items()} != found:
        raise UnknownShape("its tokenizer_config.json has other marks than its tokenizer.json")


def _traits(mark: "AddedToken") -> dict[str, Any]:
    return {"content": mark.content} | {name: getattr(mark, name) for name in _TRAITS}


def _plain(content: str) -> dict[str, Any]:
    """What becomes of a mark that the settings name by its text alone."""
    return {"content": content} | dict.fromkeys(_TRAITS, False) | {"special": True}


def _traits_in(mark: dict[str, Any]) -> dict[str, Any]:
    is_special = mark.get("special", False)
    plain = dict.fromkeys(_TRAITS, False) | {"normalized": not is_special}
    return plain | {name: mark[name] for name in ("content", *_TRAITS) if name in mark}


def _named_tokens(settings: dict[str, Any]) -> Iterator[str]:
    """Every mark that the settings name: the library makes all of them special."""
    named = [value for name, value in settings.items() if name.endswith("_token")]
    for name in ("extra_special_tokens", "additional_special_tokens"):
        extra = settings.get(name) or ()
        named += extra.values() if isinstance(extra, dict) else extra
    named += _extra(settings).values()
    yield from (content for content in map(_content, named) if content is not None)


def _extra(settings: dict[str, Any]) -> dict[str, Any]:
    """Marks of this family of models alone."""
    extra = settings.get("extra_special_tokens")
    own = settings.get("model_specific_special_tokens")
    return {
        name: mark for each in (own, extra) if isinstance(each, dict) for name, mark in each.items()
    }


def _content(mark: Any) -> str | None:  # noqa: ANN401  # out of a JSON document
    if isinstance(mark, dict) and _traits_in(mark | {"special": True}) != _plain(mark["content"]):
        raise UnknownShape("a mark takes more than its own text")
    content = mark["content"] if isinstance(mark, dict) else mark
    return content if isinstance(content, str) else None
