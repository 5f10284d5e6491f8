import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.formats.readers.encodings import decoded
from qasr_cli.formats.readers.subtitles import subtitles_from

TEXTS = {
    ("cp1251", "windows-1251"): [
        "Доктор Грин любит трёх птиц,",
        "и мы хотим девять писем,\nпотому что твоё яблоко хорошее.",
    ],
    ("gb18030", "GB18030"): ["格林医生喜欢三只鸟，", "我们想要九封信，\n因为你的苹果很好。"],
    ("big5", "Big5"): ["格林醫生喜歡三隻鳥，", "我們想要九封信，\n因為你的蘋果很好。"],
    ("cp932", "Shift-JIS"): ["グリーン先生は三羽の鳥が好きです。", "アンナ、古い本を開いて。"],
    ("euc_jp", "EUC-JP"): ["グリーン先生は三羽の鳥が好きです。", "アンナ、古い本を開いて。"],
    ("cp949", "EUC-KR"): ["그린 박사는 새 세 마리를 좋아합니다,", "안나, 오래된 책을 펴 주세요."],
    ("cp1252", "windows-1252"): ["Das ist für dich, Käse.", "Où est la bibliothèque?"],
    ("cp1250", "windows-1250"): [
        "Doktor Grün má rád tři ptáky,",
        "Zażółć gęślą jaźń, proszę otwórz książkę,",
        "Köszönöm szépen, hogy eljöttél, jó estét kívánok",
    ],
    ("cp1253", "windows-1253"): ["Ο γιατρός Γκριν αγαπά τρία πουλιά,", "το μήλο σου είναι καλό."],
    ("cp1254", "windows-1254"): ["Doktor Yeşil üç kuşu sever,", "çünkü elman güzel, ığdır şişe."],
    ("cp1256", "windows-1256"): ["الدكتور جرين يحب ثلاثة طيور،", "لأن تفاحتك جيدة."],
    ("koi8_r", "KOI8-R"): ["Доктор Грин любит трёх птиц,", "и мы хотим девять писем."],
}
UNICODE = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def srt_of(texts: list[str]) -> str:
    """SubRip with these texts."""
    return "\n".join(
        f"{number}\n00:00:{number:02d},000 --> 00:00:{number:02d},900\n{text}\n"
        for number, text in enumerate(texts, start=1)
    )


@pytest.mark.parametrize("encoding", UNICODE)
def test_a_byte_order_mark_or_utf_8_is_certain(encoding: str) -> None:
    """Nothing is said of it, and the mark is no text."""
    text = srt_of(["Où? 三只 🐦"])

    assert decoded(UNICODE[encoding] + text.encode(encoding)) == (text, None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_shows_without_its_mark(encoding: str) -> None:
    """Arrows in pairs of bytes are nothing else."""
    text = srt_of(["Où?"])

    assert decoded(text.encode(encoding)) == (text, None)


@pytest.mark.parametrize(("encoding", "name"), TEXTS)
def test_old_encodings_are_guessed_and_named(encoding: str, name: str) -> None:
    """Two or three cues are enough, and a person is told."""
    text = srt_of(TEXTS[encoding, name])

    found, note = decoded(text.encode(encoding))

    assert found == text
    assert note == f"read as {name}, which is a guess; if letters are wrong, save it as UTF-8"


@pytest.mark.parametrize(
    "text",
    [
        *("naïve", "It’s closed…", "À bientôt, garçon", "perché è così", "Señor, ¿qué pasa?"),
        *("Così è, ma ciò non è più.", "Això és així, senyor.", "Kære Søren, kom ud på øen."),
        *("Ações e corações, põe aí.", "Ça va, là-bas ?", "Það er gott að vera hér.", "Où ça ?"),
    ],
)
def test_a_few_accents_are_western(text: str) -> None:
    """What looks alike in many encodings is read in the most common one."""
    found, note = decoded(srt_of([text]).encode("cp1252"))

    assert found == srt_of([text])
    assert "read as windows-1252" in str(note)


@pytest.mark.parametrize("text", ["…", "—", "£20!", "½", "© 2004", "No…", "“Go”…”", "Zoë!", "Łódź"])
def test_one_sign_in_plain_english_is_western(text: str) -> None:
    """Where plain letters fill the file, a sign or a name does not name a far language."""
    whole = srt_of([*["Then we have to walk home."] * 50, text])
    data = whole.encode("cp1252", errors="ignore")

    found, note = decoded(data)

    assert found == data.decode("cp1252")
    assert note is None or "read as windows-1252" in note


@pytest.mark.parametrize("english", ["", "Then we have to walk home, my dear friend, as before.\n"])
@pytest.mark.parametrize(("encoding", "name"), TEXTS)
def test_a_second_language_in_english_hides_no_encoding(
    encoding: str, name: str, english: str
) -> None:
    """Cues of two languages are common."""
    text = srt_of([english + text for text in TEXTS[encoding, name] * 2])

    found, note = decoded(text.encode(encoding))

    assert (found, name in str(note)) == (text, True)


@pytest.mark.parametrize(
    ("encoding", "texts"),
    [
        ("euc_jp", ["わからない。", "こんにちは、元気ですか。"]),
        ("gb18030", ["你好吗？", "我不知道。", "等一下！", "我们明天去北京。", "谢谢你，再见。"]),
        ("cp949", ["뭐라고?", "괜찮아요, 고마워요.", "어디 가?", "내일 비가 올 거예요."]),
        ("cp874", ["สวัสดีครับ คุณสบายดีไหม", "ผมไม่รู้ พรุ่งนี้ฝนจะตก", "ขอบคุณมากค่ะ"]),
    ],
)
def test_what_nobody_writes_is_not_what_was_written(encoding: str, texts: list[str]) -> None:
    """Kana are no Korean, and Chinese is no Thai with marks on nothing."""
    for some in (texts, texts[:2], texts[-1:]):
        text = srt_of(some * 2)
        assert decoded(text.encode(encoding))[0] == text


def test_vietnamese_is_known_by_its_letters() -> None:
    """Marks follow their letters there."""
    text = srt_of(["Xin chào, anh đi đâu đâ\u0301y?", "Tôi không biê\u0301t, có lẽ ngày mai."])
    text = text.replace("ẽ", "e\u0303")

    assert decoded(text.encode("cp1258"))[0] == text


def test_japanese_of_mails_is_no_plain_text() -> None:
    """All its bytes are ASCII."""
    text = srt_of(["グリーン先生は三羽の鳥が好きです。"])

    assert decoded(text.encode("iso2022_jp")) == (text, "read as ISO-2022-JP")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
def test_zero_bytes_at_the_end_are_said(encoding: str) -> None:
    """A power cut leaves them; the text before is good."""
    text = srt_of(["Où est la bibliothèque?"])

    found, note = decoded(text.encode(encoding) + b"\0" * 4096)

    assert found == text
    assert "ends in zero bytes" in str(note)


def test_a_broken_byte_does_not_turn_utf_8_into_something_else() -> None:
    """One letter is missing, not all of them, and that is said."""
    data = srt_of(["Où est la bibliothèque, s’il vous plaît?", "À côté."]).encode()

    found, note = decoded(data.replace("À".encode(), b"\xc3", 1))

    assert "bibliothèque, s’il vous plaît?" in found
    assert note == "is damaged UTF-8: read with 1 characters missing (\ufffd)"


def test_what_is_no_text_is_refused() -> None:
    """Binary data gives no cues."""
    for data in (b"1\n\0\0\0", codecs.BOM_UTF16_LE + b"\0binary", bytes(range(256)) * 8):
        with pytest.raises(ValueError, match=r"no text|no such text|cannot be told"):
            decoded(data)


@given(st.binary(), st.sampled_from([".srt", ".vtt"]))
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str) -> None:
    """Nothing but a sentence comes of what is no subtitle."""
    with contextlib.suppress(ValueError):
        read = subtitles_from(data, suffix=suffix)
        assert all(cue.start_ms >= 0 for cue in read.cues)
