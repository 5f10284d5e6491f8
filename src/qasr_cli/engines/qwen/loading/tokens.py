"""A checkpoint's tokenizer without the library's classes: text to token ids, and back."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qasr_cli.checkpoints import layout
from qasr_cli.engines.qwen.loading.known_shape import UnknownShape

if TYPE_CHECKING:
    from tokenizers import AddedToken, Tokenizer

_AUDIO_TOKEN = "audio_token"  # noqa: S105  # a setting's name


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
    """The tokenizer in a folder's tokenizer.json.

    Raises:
        UnknownShape: there is none, or its settings ask for something more.
    """
    file = folder / "tokenizer.json"
    settings = layout.settings_in(folder, "tokenizer_config.json")
    if settings is None or not file.is_file():
        raise UnknownShape("there is no tokenizer.json, or no tokenizer_config.json")
    named = dict(_named_tokens(settings))
    if settings.get("clean_up_tokenization_spaces") or _AUDIO_TOKEN not in named:
        raise UnknownShape("its tokenizer_config.json asks for something more")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    marks = {mark.content for mark in tokenizer.get_added_tokens_decoder().values()}
    if lacking := set(named.values()) - marks:
        raise UnknownShape(f"tokenizer.json lacks {min(lacking)}")
    return Tokens(tokenizer, named[_AUDIO_TOKEN])


def _named_tokens(settings: dict[str, Any]) -> Mapping[str, str]:
    """Every mark that the settings name, by its name."""
    named = {name: value for name, value in settings.items() if name.endswith("_token")}
    extra = settings.get("extra_special_tokens") or {}
    if isinstance(extra, dict):
        named |= extra
    else:
        named |= {f"extra {number}": mark for number, mark in enumerate(extra)}
    added = settings.get("added_tokens_decoder") or {}
    named |= {f"added {number}": mark for number, mark in added.items()}
    contents = {
        name: mark.get("content") if isinstance(mark, dict) else mark
        for name, mark in named.items()
    }
    return {name: mark for name, mark in contents.items() if isinstance(mark, str)}
