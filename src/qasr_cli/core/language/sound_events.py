"""Sounds that subtitles tell of beside what is spoken: (Applause), [laughter], ♪ ... ♪. Pure."""

import functools
import re

from qasr_cli.core.language.languages import language_from_model

# How words for sounds begin: only they tell "(Applause)" from any other remark in round brackets.
# Their English names stand in subtitles of every language.
_STEMS = {
    "English": "applau laugh music cheer sigh cough clap chuckl giggl knock whistl scream gasp sob "
    "silence beep bark thunder siren sing song hum ring bell phone footstep explosion gunshot "
    "drum piano guitar noise sound audience crowd crying",
    "German": "applau beifall gelächter lach musik jubel seufz hust klatsch klopf pfeif pfiff "
    "schrei stille piep gong geräusch sirene donner gesang sing läute klingel publikum",
    "French": "applaud rire musique acclamation soupir toux tousse frappe siffl cri silence bip "
    "bruit sirène tonnerre chant sonnerie public",
    "Spanish": "aplaus risa ríe música ovación vítores suspir tos golpe silb grit silencio pitido "
    "ruido sirena trueno canto canta timbre público",
    "Portuguese": "aplaus riso risada ri música ovação vivas suspir tosse batida assobi grit "
    "silêncio bip ruído sirene trovão canto campainha plateia público",
    "Italian": "applaus risat ride musica ovazion acclamazion sospir tosse bussa fischi grid "
    "silenzio bip rumor sirena tuono canto campanello pubblico",
    "Russian": "аплодисмент смех смеёт смеет музык овац вздох вздыха каш хлоп стук свист крик "
    "тишина гудок шум сирен гром пение поёт звонок зал",
    "Chinese": "掌声 鼓掌 笑声 笑 大笑 众笑 音乐 欢呼 叹气 咳嗽 敲门 口哨 尖叫 哭 沉默 铃声 "
    "电话铃 狗叫 雷声 "
    "歌声 唱歌 噪音 掌聲 笑聲 眾笑 音樂 歡呼 嘆氣 鈴聲 雷聲 歌聲",
    "Cantonese": "掌聲 鼓掌 笑聲 笑 音樂 歡呼 嘆氣 咳 敲門 口哨 尖叫 喊 鈴聲 電話聲 狗吠 雷聲 "
    "歌聲 唱歌",
    "Japanese": "拍手 笑 音楽 歓声 ため息 咳 せき ノック 口笛 悲鳴 泣 沈黙 ベル 電話 着信 犬 雷 "
    "歌 雑音 "
    "会場 観客 効果音",
    "Korean": "박수 웃음 웃 음악 환호 한숨 기침 노크 휘파람 비명 울음 침묵 벨소리 전화벨 개 천둥 "
    "노래 소음 "
    "관객 효과음",
}
_MOST_WORDS = 6  # "(Audience laughs and applauds)"; a longer remark is speech
# Square brackets tell of sounds, but for these, which stand for speech that nobody could write.
_SPEECH = re.compile(
    r"\W*(?:in ?audible|unclear|unintelligible|indistinct|cross ?talk|foreign|speaking"
    r"|unverständlich"
    r"|inaudible|incompréhensible|inaudito|ininteligible|inaudível|incomprensibile|неразборчиво"
    r"|听不清|聽不清|聞き取れ|聴取不能|안 들|알아들을|\?|\.{2}|…|blank_audio|\d)",
    re.IGNORECASE,
)
_MARKED = re.compile(
    r"\[(?P<square>[^\[\]]{1,60})\]|【(?P<thick>[^【】]{1,60})】"
    r"|\((?P<round>[^()]{1,60})\)|（(?P<wide>[^（）]{1,60})）|[♪♫][^♪♫]*(?:[♪♫]+|$)"
)
_SIGNS = "[【(（♪♫"


def sound_events_in(text: str, language: str | None) -> tuple[tuple[int, int], ...]:
    """Where a text tells of a sound, as slices, brackets and notes included.

    >>> sound_events_in("Thank you. (Applause) See chapter (two).", "English")
    ((11, 21),)

    Args:
        text: of a sentence, or of several.
        language: full English name.
    """
    if not any(sign in text for sign in _SIGNS):  # all but a few sentences
        return ()
    return tuple(found.span() for found in _MARKED.finditer(text) if _is_sound(found, language))


def _is_sound(found: re.Match[str], language: str | None) -> bool:
    square = found["square"] or found["thick"]
    if square is not None:
        return any(map(str.isalpha, square)) and _SPEECH.match(square) is None
    remark = found["round"] or found["wide"]
    if remark is None:  # notes
        return True
    words = remark.lower().split()
    return len(words) <= _MOST_WORDS and any(word.startswith(_stems(language)) for word in words)


@functools.lru_cache(maxsize=64)
def _stems(language: str | None) -> tuple[str, ...]:
    own = _STEMS.get(language_from_model(language) or "", "")
    return tuple(f"{own} {_STEMS['English']}".split())
