"""What settles a task, and what only sounds like it."""

import pytest

from qasr_cli.core.minutes.actions import Task, task_in

ENGLISH_TASKS = (
    "Nina will prepare the budget draft until Thursday.",
    "We still have to choose a date.",
    "Someone should water the plants.",
    "Could somebody look after the flowers?",
    "Frank, can you book the pitch for Sunday?",
    "Our next step is to hire a designer.",
    "I can write the first version this week.",
)
ENGLISH_OTHERS = (
    "I sent the agenda last night.",
    "We have to be careful with money.",
    "I will never understand taxes.",
    "Should we call them?",
    "Who will pay for this?",
    "We would need a bigger bus.",
    "I'll tell you a story.",
    "If the test fails, I will call you.",
    "Yesterday we had to cancel the tour.",
)
CHINESE_TASKS = (
    "我会尽快回复邮件。",
    "陈明，你联系一下场地。",
    "请大家提前十分钟到场。",
    "下周由小徐来主持会议。",
    "让技术部查一下原因。",
    "明天之前把数据发给我。",
)
CHINESE_OTHERS = (
    "合同已经签好了。",
    "我们必须承认自己错了。",
    "谁来负责？",
    "请大家安静。",
    "他负责的项目很多。",
    "我会发现问题的。",
    "如果要取消，我们要通知客户。",
)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        *(("English", sentence) for sentence in ENGLISH_TASKS),
        *(("Chinese", sentence) for sentence in CHINESE_TASKS),
    ],
)
def test_what_settles_a_task_is_found(language: str, sentence: str) -> None:
    """Promises, orders, requests and next steps; but not in another language's words."""
    assert task_in(sentence, language=language) is not None
    assert task_in(sentence, language="German") is None
    assert task_in(sentence, language=None) is None


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        *(("English", sentence) for sentence in ENGLISH_OTHERS),
        *(("Chinese", sentence) for sentence in CHINESE_OTHERS),
    ],
)
def test_what_settles_nothing_is_left_out(language: str, sentence: str) -> None:
    """Reports, questions, conditions and manners of speaking."""
    assert task_in(sentence, language=language) is None


def test_a_told_name_needs_no_capital() -> None:
    """A recogniser may write it small."""
    sentence = "anna will repaint the sign"

    assert task_in(sentence, language="English") is None
    assert task_in(sentence, language="English", participants=("anna",)) == Task(
        owner="anna", due=None
    )


def test_a_speaker_who_says_i_is_the_owner() -> None:
    """Where the result tells speakers apart."""
    sentence = "I’ll send the draft by Friday."

    assert task_in(sentence, language="English") == Task(owner="I", due="by Friday")
    assert task_in(sentence, language="English", speaker="Ann") == Task(
        owner="Ann", due="by Friday"
    )
