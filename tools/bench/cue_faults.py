"""What a reader of subtitles would mark, counted: told from the cues alone, whoever cut them.

The rules are written apart from those that qasr cuts by, so that they can contradict them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from qasr_cli.core.language.languages import joins_without_space
from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.subtitles.atoms import columns
from qasr_cli.core.types import Cue, ReadCue

_OPENER_SHARE = 0.4  # of a line: "As you can see,"
_STUB_SHARE = 0.33  # "for Medicaid."
_ENDS = ".!?…。！？"
_COMMAS = ",，、"
_CLOSERS = "\"'”’»」』）)]】"
_SOUND = re.compile(
    r"\[[^\]\d]+\]|【[^】]+】|[♪♫][^♪♫]*[♪♫]?|（(?:掌声|笑声|拍手|笑い|音楽|音乐)）|\((?:Appl"
    r"|Laugh|Rire|Lach|"
    r"Geläch|Aplaus|Ris|Applau|Аплод|Смех|박수|웃음)[^)]*\)"
)
_DANGLING = {
    "en": r"\b(?:but|and|so|then|often|sometimes|in the end|of course|in fact|however),$",
    "fr": r"\b(?:mais|et|donc|puis|souvent|parfois|à la fin|bien sûr|en fait|pourtant),$",
    "de": r"\b(?:aber|und|dann|oft|manchmal|natürlich|zum beispiel|das heißt),$",
    "es": r"\b(?:pero|y|luego|a menudo|a veces|al final|por supuesto|sin embargo),$",
    "it": r"\b(?:ma|e|poi|spesso|a volte|alla fine|naturalmente|tuttavia),$",
    "pt": r"\b(?:mas|e|depois|muitas vezes|às vezes|no final|claro|no entanto),$",
    "ru": r"\b(?:но|и|потом|часто|иногда|конечно|кроме того|например),$",
    "zh": r"(?:但是|因此|然后|所以|可是|其实|通常|有时候|例如|当然)，$",
    "ja": r"(?:しかし|だから|そして|でも|実は|例えば|つまり|時々|もちろん)、$",
    "ko": r"(?:하지만|그래서|그런데|그리고|사실은|가끔|물론|예를 들어|나중에),$",
}
# What ends one line or cue and begins the next: "/" is where they part.
_PARTED = {
    "genitive": {"ko": r"[가-힣]의/[가-힣]"},
    "auxiliary": {
        "ko": r"고 ?/(?:있|싶)|지 ?/(?:않|못)|수 ?/(?:있|없)|것 ?/같|[아어여해려워와] ?/(?:있"
        r"|주었|보았|두었|버렸|줬|봤)"
        r"|게 ?/되|려고 ?/[하했]",
        "ja": r"[てで]/(?:い[るたまき]|くれ|しま|くだ|もら|おり)",
    },
    "compound": {
        "ja": r"に/(?:つい|よっ|関し|対し|おい|とっ|沿っ|基づ)|を/(?:通じ|めぐ)|と/(?:して|いう)"
        r"|の/(?:ため|よう)"
    },
    "complement": {"zh": r"[一-龥]/(?:起来|出来|下来|下去|上来|过来|回来)"},
    "list": {"zh": r"[、，][\d一-龥]、/[\d一-龥](?![\d一-龥]{2})|\d、/\d"},
    "coordination": {
        "en": r"\w/(?:and|or) \w+[.,;:]",
        "fr": r"\w/(?:et|ou) \w+[.,;:]",
        "de": r"\w/(?:und|oder) \w+[.,;:]",
        "es": r"\w/(?:y|e|o|u) \w+[.,;:]",
        "it": r"\w/(?:e|ed|o) \w+[.,;:]",
        "pt": r"\w/(?:e|ou) \w+[.,;:]",
        "ru": r"\w/(?:и|или) \w+[.,;:]",
    },
    "ordinal": {
        "en": r"\b(?:most|first|second|third)/\w",
        "fr": r"\b(?:premi[eè]re?|deuxième|troisième)/\w",
        "de": r"\b(?:erste|zweite|dritte)n?/\w",
        "es": r"\b(?:primer|segund|tercer)[ao]?/\w",
        "it": r"\b(?:prim|second|terz)[ao]/\w",
        "pt": r"\b(?:primeir|segund|terceir)[ao]/\w",
        "ru": r"\b(?:самый|первый|второй|третий|первой)/\w",
        "ko": r"(?:번째|첫)/[가-힣]",
        "zh": r"第/|第?[一二三四五六七八九十]/[个张条种次位]",
    },
}
KINDS = ("opener", "stub", "sound", "dangling", *_PARTED, "function")


def faults_of(cues: Sequence[Cue | ReadCue], *, language: str, code: str) -> Counter[str]:
    """How often each fault is found in the cues.

    Args:
        cues: in order.
        language: full English name.
        code: of the language.
    """
    found: Counter[str] = Counter()
    begins = True
    line_columns = profile_of(language).limits.line_columns
    is_full_width = joins_without_space(language)
    joint = "" if is_full_width else " "
    for cue in cues:
        text = joint.join(cue.lines)
        ends = text.rstrip(_CLOSERS)[-1:] in _ENDS or _SOUND.search(text) is not None
        share = columns(text, is_full_width=is_full_width) / line_columns
        is_comma = text[-1:] in _COMMAS
        found["opener"] += begins and not ends and is_comma and share < _OPENER_SHARE
        found["stub"] += ends and not begins and share < _STUB_SHARE
        sounds = [match.span() for match in _SOUND.finditer(text)]
        found["sound"] += bool(sounds) and sum(b - a for a, b in sounds) < len(text.strip()) - 1
        is_dangling = re.search(_DANGLING.get(code, "(?!)"), text.lower()) is not None
        found["dangling"] += is_dangling and not (begins and share < _OPENER_SHARE)
        begins = ends
    for kind in _found_between([line for cue in cues for line in cue.lines], code):
        found[kind] += 1
    words = profile_of(language).function_words | profile_of(language).prepositions
    if not is_full_width:
        lines = [line for cue in cues for line in cue.lines]
        found["function"] = sum(line.rsplit(maxsplit=1)[-1].lower() in words for line in lines)
    return found


def _found_between(lines: Sequence[str], code: str) -> Iterator[str]:
    patterns = [(kind, re.compile(own[code])) for kind, own in _PARTED.items() if code in own]
    for left, right in pairwise(lines):
        place = len(left)
        for kind, pattern in patterns:
            joined = f"{left}/{right}".lower()
            if any(m.start() <= place < m.end() for m in pattern.finditer(joined)):
                yield kind


def row_of(found: Counter[str], cue_count: int) -> str:
    """The rates per 1,000 cues, as they are printed."""
    return "  ".join(f"{kind} {1000 * found[kind] / max(cue_count, 1):.0f}" for kind in KINDS)
