"""The examples in examples/corrections: wrong text is put right, right text is left alone."""

import json
import re
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.transcript.apply_corrections import corrected
from qasr_cli.core.transcript.corrections import Correction, corrections_from_text
from qasr_cli.core.types import ClipDone, Timing
from tests.conftest import RECORDINGS
from tests.strategies import assembled, span_of

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "examples" / "corrections").glob("*.tsv"))

WRONG = {
    "我觉的这个办法很好。": "我觉得这个办法很好。",
    "他跑的很快。": "他跑得很快。",
    "今天你来的太晚了。": "今天你来得太晚了。",
    "她高兴的说不出话。": "她高兴得说不出话。",
    "他显的很累。": "他显得很累。",
    "这本书值的看。": "这本书值得看。",
    "你还记的我吗？": "你还记得我吗？",
    "我懒的去。": "我懒得去。",
    "我舍不的你。": "我舍不得你。",
    "天气变的越来越冷。": "天气变得越来越冷。",
    "他认真的看了一遍。": "他认真地看了一遍。",
    "她高兴的笑着。": "她高兴地笑着。",
    "门慢慢的打开了。": "门慢慢地打开了。",
    "他悄悄的走了。": "他悄悄地走了。",
    "这是我地书。": "这是我的书。",
    "他得手机坏了。": "他的手机坏了。",
    "明天在见。": "明天再见。",
    "请在说一遍。": "请再说一遍。",
    "我们在考虑一下。": "我们再考虑一下。",
    "我在也不去了。": "我再也不去了。",
    "老师一在强调安全。": "老师一再强调安全。",
    "她不在相信我了。": "她不再相信我了。",
    "他再家吃饭。": "他在家吃饭。",
    "我们再公司等你。": "我们在公司等你。",
    "他正再开会。": "他正在开会。",
    "我现再很忙。": "我现在很忙。",
    "这里存再问题。": "这里存在问题。",
}

RIGHT = (
    "他的直觉的确很准。",
    "这是一种感觉的变化。",
    "睡觉的你不知道。",
    "变的那天我不在。",
    "视觉的效果很好。",
    "我的很好，你的呢？",
    "走的人很多。",
    "他是昨天来的。",
    "他跑的路很远。",
    "跑得快的人先走。",
    "价值的一半来自设计。",
    "这些数值的一部分是错的。",
    "我记的笔记在桌上。",
    "懒的人不想动。",
    "变的不是天气，是人。",
    "明显的变化。",
    "认真的学生都来了。",
    "他认真的态度让人感动。",
    "高兴的孩子在唱歌。",
    "这是慢慢的变化。",
    "轻轻的笑声传来。",
    "静静的看台上没有人。",
    "他慢慢地走了。",
    "我地处北方。",
    "他得走了。",
    "他得手了。",
    "你得写完作业。",
    "我得去学校。",
    "目的地在北京。",
    "他在见客户。",
    "我正在见一位老师。",
    "在见面的时候我们谈了很久。",
    "他在看一下午的书。",
    "我在做一次性的工作。",
    "他在说一个故事。",
    "她现在说一遍，你听好。",
    "他不在家。",
    "他不在是因为病了。",
    "他们也在也门。",
    "唯一在场的人是他。",
    "第一在强调效率。",
    "问题之一在要求太高。",
    "我再去学校一次。",
    "明天再家访。",
    "我再问一次。",
    "修正再说吧。",
    "等他出现再说。",
    "发现再多的问题也不怕。",
    "表现再好也没用。",
    "先存再用。",
    "我现在在家，再见。",
    "再次感谢大家。",
    "下次再说吧，现在再也不想了。",
)


def all_corrections() -> tuple[Correction, ...]:
    """The rules of all files."""
    return tuple(
        row for path in FILES for row in corrections_from_text(path.read_text(encoding="utf-8"))
    )


def after(text: str, language: str = "Chinese") -> str:
    """The text as a file of its own, corrected."""
    result = ClipDone(
        clip_id="f/0", language=language, text=text, words=(), timing=Timing.PROPORTIONAL
    )
    heard = assembled([ClipOutcome(span=span_of(0, 9000), result=result)])
    return corrected(heard, all_corrections()).text


@pytest.mark.parametrize(("wrong", "right"), WRONG.items())
def test_what_is_wrong_is_put_right(wrong: str, right: str) -> None:
    """And then it stays as it is."""
    assert after(wrong) == right
    assert after(right) == right


@pytest.mark.parametrize("right", RIGHT)
def test_what_is_right_is_left_alone(right: str) -> None:
    """Also where it comes close to what is wrong."""
    assert after(right) == right


def test_other_texts_are_left_alone() -> None:
    """The Chinese subtitles and recordings that come with qasr are right as they are."""
    subtitles = (ROOT / "tools" / "data" / "cues" / "zh.srt").read_text(encoding="utf-8")
    lines = [line for line in subtitles.splitlines() if re.search(r"[的地得在再]", line)]

    assert len(lines) == 10
    assert after("".join(lines)) == "".join(lines)
    truth = json.loads((RECORDINGS / "truth" / "chinese.flac.json").read_text(encoding="utf-8"))
    assert after(truth["text"]) == truth["text"]


def test_other_languages_are_left_alone() -> None:
    """Cantonese and Japanese write these characters for other things."""
    assert after("明天在见。", "Cantonese") == "明天在见。"
