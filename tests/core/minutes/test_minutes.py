"""Minutes of two meetings of an hour, written by hand, and of the demo meeting."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.minutes.minutes import Minutes, Participant, minutes_of
from qasr_cli.core.transcript.whisper_json import transcript_from_whisper
from qasr_cli.core.types import Transcript
from tests.conftest import RECORDINGS
from tests.strategies import transcripts

MEETINGS = Path(__file__).parents[2] / "data" / "minutes"
FIVE_MINUTES_MS = 300_000

ENGLISH_TASKS = (
    "I will ask two other insurance companies for an offer by the end of the week.",
    "Peter needs to submit the grant application before the first of March.",
    "Maria, could you send the sponsors a thank-you letter?",
    "Tom will book the toilet trailer tomorrow.",
    "We have to repair the torn tent before the end of May.",
    "Let's measure the cable path before we decide anything.",
    "Anna is going to contact the baker about the pizza oven next week.",
    "Can somebody order ten basins with a tap?",
    "Please collect the cake list from the school by Friday.",
    "I'll put together a roster with shorter shifts.",
    "Tom and Maria will schedule the safety training, on Tuesday if possible.",
    "We need to order eighty yellow shirts.",
    "The designer is responsible for nothing else, so Peter will send him the photos tonight.",
    "Maria has to test the scanner without a network.",
    "We should really update the server before the sale starts.",
    "Action item for Anna: a map for the website.",
    "I'm going to talk to the farmer about the lamps tomorrow morning.",
    "Will you please ask the police for a parking ban, Peter?",
    "Someone must arrange the bicycle stands by noon on Thursday.",
)
ENGLISH_DISTRACTORS = (
    "Last year I sent the letters to the sponsors far too late.",
    "If we pay the deposit twice, the bank will notice it.",
    "I don't need to send the receipts, because the treasurer has copies.",
    "Do we have to pay the invoice for the lights twice?",
    "You will find that the barn is darker than it looks in the pictures.",
    "Nobody needs to check the poles, they are new.",
    "When I called the electrician, he laughed.",
    "We could have ordered the fence from the other company.",
    "The inspector from the health office said she will close any stall without soap.",
    "Why should we buy glasses that the brewery lends us for free?",
    "We used to fix the prices in June.",
    "I'm happy to open a bottle of the new beer right now.",
    "If nobody signs up, I will call a professional guard.",
    "Students should have gotten the certificate last year, too.",
    "I will never forget the dinner of two years ago.",
    "Have you asked yourself why the volunteers stay away?",
    "She told me that they will check the refunds automatically.",
    "Imagine we publish the password by mistake.",
    "What would you add to the website?",
    "The whole team was there when we had to call the server company at midnight.",
    "We won't move the bus stop this year.",
    "Whenever we have to call the police about the bicycles, they take an hour.",
    "Taxis will, of course, never use the field.",
)
CHINESE_TASKS = (
    "我会把预算表发给大家。",
    "李经理，请你在周五之前联系广告公司。",
    "小王负责收集三家设备的报价。",
    "质检部的事由张主任来跟进，下周三之前汇报结果。",
    "我们需要更新投诉的处理流程。",
    "麻烦老陈测试一下新的包装。",
    "大家明天下午来面试第一批候选人。",
    "人事部的小刘会后整理候选人的名单。",
    "请小刘通知大家内部推荐的奖金。",
    "老周，你下周更新一下培训材料。",
    "我来联系搬家公司，月底前定下来。",
    "网络由赵工程师负责安排，服务器也一样。",
    "我们必须在搬家之前检查空气质量。",
    "你们能不能统计一下谁要停车位？",
    "小孙明天去部署测试环境。",
    "请各部门确认用户权限的名单，下周一之前。",
    "下一步是：密码规定的通知。",
    "我尽快预订酒店的场地。",
    "各部门的节目单，麻烦大家在月底之前提交。",
    "小吴要去购买抽奖的奖品。",
)
CHINESE_DISTRACTORS = (
    "我已经把去年的发票整理好了。",
    "如果我们取消合同，就要付违约金。",
    "昨天我联系了一家，他们没有货。",
    "我们要不要提交超支的说明？",
    "供应商的人说，他们会检查生产线。",
    "你会发现流程写得再好也要靠人。",
    "我不会修改包装的颜色。",
    "为什么我们要购买这么贵的东西？",
    "上周我面试了一名候选人，他很紧张。",
    "假如我们发布广告，简历会更多。",
    "请问面试在哪里？",
    "老周带的新员工都通过了考核。",
    "我没有收到箱子。",
    "每次我们要搬家，天气都不好。",
    "你能看到地铁站的出口吗？",
    "当时我们马上修复了漏洞。",
    "如果我们部署失败，数据就没有了。",
    "权限的名单不用打印。",
    "谁来通知客户，还没有想好。",
    "节目单我没有打印。",
    "老板买过最贵的奖品是一台电脑。",
    "他们会邀请家属吗？",
)
# What the six topics of each meeting are about.
TOPICS = {
    "en": ("accounts", "meadow", "stall", "volunteers", "website", "parking"),
    "zh": ("预算", "电池", "面试", "搬家", "用户", "酒店"),
}


def meeting(name: str) -> Transcript:
    """A meeting as `qasr minutes` reads it."""
    document = json.loads((MEETINGS / f"{name}.json").read_text(encoding="utf-8"))
    return transcript_from_whisper(document, file=f"{name}.wav")


@pytest.fixture(scope="module")
def english() -> Minutes:
    """Minutes of the English meeting."""
    people = ("Anna", "Peter", "Maria", "Tom", "Zoe")
    return minutes_of(meeting("en"), interval_ms=FIVE_MINUTES_MS, participants=people)


@pytest.fixture(scope="module")
def chinese() -> Minutes:
    """Minutes of the Chinese meeting."""
    return minutes_of(meeting("zh"), interval_ms=FIVE_MINUTES_MS, participants=("小刘", "小何"))


def tasks_of(minutes: Minutes) -> list[str]:
    """The sentences that were taken for tasks."""
    return [action.quote.text for action in minutes.actions]


def owners_of(minutes: Minutes) -> dict[str, tuple[str | None, str | None]]:
    """Sentence -> who does it, and until when."""
    return {action.quote.text: (action.owner, action.due) for action in minutes.actions}


def test_every_planted_task_is_found_and_nothing_else(english: Minutes, chinese: Minutes) -> None:
    """In order, each with the time of its sentence; what only sounds like a task is not there."""
    assert tasks_of(english) == list(ENGLISH_TASKS)
    assert tasks_of(chinese) == list(CHINESE_TASKS)
    for name, minutes in (("en", english), ("zh", chinese)):
        transcript = meeting(name)
        starts_ms = {
            transcript.text[s.char_start : s.char_end].strip(): s.start_ms
            for s in transcript.segments
        }
        assert [action.quote.start_ms for action in minutes.actions] == [
            starts_ms[text] for text in tasks_of(minutes)
        ]


def test_the_distractors_are_in_the_meetings() -> None:
    """So that not finding them means something."""
    for name, distractors in (("en", ENGLISH_DISTRACTORS), ("zh", CHINESE_DISTRACTORS)):
        text = meeting(name).text
        assert [sentence for sentence in distractors if sentence not in text] == []


def test_a_task_has_its_owner_and_its_date(english: Minutes, chinese: Minutes) -> None:
    """As they were said."""
    tasks = owners_of(english) | owners_of(chinese)

    assert tasks[ENGLISH_TASKS[1]] == ("Peter", "before the first of March")
    assert tasks[ENGLISH_TASKS[2]] == ("Maria", None)
    assert tasks[ENGLISH_TASKS[10]] == ("Tom and Maria", "on Tuesday")
    assert tasks[ENGLISH_TASKS[18]] == ("Someone", "by noon on Thursday")
    assert tasks[CHINESE_TASKS[1]] == ("李经理", "周五之前")
    assert tasks[CHINESE_TASKS[3]] == ("张主任", "下周三之前")
    assert tasks[CHINESE_TASKS[0]] == ("我", None)


@pytest.mark.parametrize("name", ["en", "zh"])
def test_every_turn_of_the_talk_is_found(name: str, english: Minutes, chinese: Minutes) -> None:
    """Within a minute and a half; at most one turn is found that nobody planted."""
    topics = (english if name == "en" else chinese).topics
    starts_ms = [topic.start_ms for topic in topics]

    turns_ms = range(600_000, 3_600_000, 600_000)
    assert [t for t in turns_ms if min(abs(s - t) for s in starts_ms) > 90_000] == []
    assert len(topics) <= 7
    for index, word in enumerate(TOPICS[name]):
        middle_ms = index * 600_000 + 300_000
        (topic,) = [t for t in topics if t.start_ms <= middle_ms < t.end_ms]
        assert word in topic.keywords


def test_topics_follow_one_another_without_gaps(english: Minutes, chinese: Minutes) -> None:
    """From the first word to the last."""
    for minutes in (english, chinese):
        assert all(a.end_ms == b.start_ms for a, b in pairwise(minutes.topics))
        assert minutes.first is not None
        assert minutes.last is not None
        assert minutes.topics[0].start_ms == minutes.first.start_ms
        assert minutes.topics[-1].end_ms == minutes.last.end_ms


def test_the_summary_quotes_every_topic_once(english: Minutes, chinese: Minutes) -> None:
    """In order; no question, and nothing that was not said."""
    for name, minutes in (("en", english), ("zh", chinese)):
        assert len(minutes.summary) == len(minutes.topics)
        for quote, topic in zip(minutes.summary, minutes.topics, strict=True):
            assert topic.start_ms <= quote.start_ms < topic.end_ms
            assert quote.text in meeting(name).text
            assert not quote.text.endswith(("?", "？"))


def test_the_timeline_covers_the_recording(english: Minutes) -> None:
    """Every interval is as long as was asked for, and is told by its own words."""
    edges_ms = [(stretch.start_ms, stretch.end_ms) for stretch in english.timeline]
    keywords = {stretch.start_ms // 60_000: stretch.keywords for stretch in english.timeline}

    assert edges_ms == [(t, t + 300_000) for t in range(0, 3_600_000, 300_000)]
    assert "meadow" in keywords[10]
    assert "meadow" not in keywords[50]
    assert "bicycles" in keywords[55]


def test_participants_are_counted_where_they_are_named(english: Minutes) -> None:
    """Somebody whom nobody names is still there."""
    people = {person.name: person for person in english.participants}

    assert people["Tom"].named_count == 2
    assert people["Zoe"] == Participant(
        name="Zoe", first_named_ms=None, named_count=0, speech_ms=None
    )


def test_the_demo_meeting_has_the_tasks_that_are_in_it() -> None:
    """All that somebody is asked to do, no question and no report."""
    truth: dict[str, Any] = json.loads(
        (RECORDINGS / "truth" / "meeting.opus.json").read_text(encoding="utf-8")
    )
    segments = [
        {"text": s["text"], "start": s["start_ms"] / 1000, "end": s["end_ms"] / 1000}
        for s in truth["sentences"]
    ]
    transcript = transcript_from_whisper(
        {"segments": segments, "language": "en"}, file="meeting.opus"
    )
    people = ("Mary", "Peter", "Tom", "Anna")

    minutes = minutes_of(transcript, interval_ms=60_000, participants=people)

    asked = [s["text"] for s in truth["sentences"] if s["text"].startswith("Please")]
    assert tasks_of(minutes) == asked
    assert [a.owner for a in minutes.actions] == [
        text.rstrip(".").rsplit(" ", 1)[1] for text in asked
    ]
    assert len(minutes.timeline) == -(-transcript.duration_ms // 60_000)
    assert all(person.named_count for person in minutes.participants)


@given(transcripts(), st.sampled_from((10_000, 300_000)))
def test_minutes_of_anything_keep_to_its_time(transcript: Transcript, interval_ms: int) -> None:
    """Every time is inside the recording, the timeline tiles it, every quote was said."""
    minutes = minutes_of(transcript, interval_ms=interval_ms, participants=("Fox", "你"))

    edges_ms = [0, *(stretch.end_ms for stretch in minutes.timeline)]
    assert edges_ms == sorted({*edges_ms, transcript.duration_ms})
    assert [stretch.start_ms for stretch in minutes.timeline] == edges_ms[:-1]
    quotes = (*minutes.summary, *(action.quote for action in minutes.actions))
    assert all(quote.text in transcript.text for quote in quotes)
    assert all(0 <= s.speech_ms <= s.end_ms - s.start_ms for s in minutes.timeline)
    assert all(a.end_ms == b.start_ms for a, b in pairwise(minutes.topics))
