"""What finds the words that the aligner is asked the times of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qasr_cli.core.types import Timing
from qasr_cli.engines.word_splitters import korean_words, timing_by_aligner, words_for_aligner
from qasr_cli.machine.language_checks import check_languages

TEXT = "학교에 갔어요. 친구가 3시에!"


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed `qwen-asr`, which cannot be imported; gives its list of words to write."""
    pytest.importorskip("soynlp")
    package, name = "qwen-asr", "qwen_asr/inference/assets/korean_dict_jieba.dict"
    information = tmp_path / f"{package.replace('-', '_')}-0.0.6.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.0.6\n"
    )
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    (tmp_path / "qwen_asr" / "__init__.py").write_text("raise TypeError")
    monkeypatch.syspath_prepend(str(tmp_path))
    korean_words.cache_clear()
    yield path
    korean_words.cache_clear()


def test_korean_is_split_as_in_training(published: Path) -> None:
    """With the published list of words, the particle after a word it holds is a word too."""
    published.write_text("학교 10 x\n\n갔 3 x\n친구 10 x\n", encoding="utf-8")

    words = words_for_aligner(TEXT, "Korean")

    assert words == ["학교", "에", "갔어요", "친구", "가", "3시에"]
    (korean,) = (check for check in check_languages() if check.name == "times: Korean")
    assert korean.detail.endswith("split as in its training")


@pytest.mark.parametrize("damage", [None, b"", b"\xff\xfe\x00"])
def test_without_the_list_korean_is_split_at_spaces(published: Path, damage: bytes | None) -> None:
    """Where the list is missing, empty or damaged, words are what stands between spaces."""
    if damage is not None:
        published.write_bytes(damage)

    words = words_for_aligner(TEXT, "Korean")

    assert words == ["학교에", "갔어요", "친구가", "3시에"]
    (korean,) = (check for check in check_languages() if check.name == "times: Korean")
    assert "pip install --no-deps qwen-asr" in korean.detail


@pytest.mark.parametrize(
    ("languages", "timing"),
    [
        (("German",), Timing.ALIGNED),
        (("Chinese", "English"), Timing.ALIGNED),
        (("Dutch",), Timing.ALIGNED_UNLISTED),
        (("English", "Dutch"), Timing.ALIGNED_UNLISTED),
        ((None,), Timing.ALIGNED_UNLISTED),
        ((), Timing.ALIGNED_UNLISTED),
    ],
)
def test_times_are_marked_by_what_the_aligner_knows(
    languages: tuple[str | None, ...], timing: Timing
) -> None:
    """Only where it was trained on every language of a clip."""
    assert timing_by_aligner(languages) is timing
