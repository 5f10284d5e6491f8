"""Tasks that somebody took on or was given, found in what was said. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qasr_cli.core.minutes.action_rules import ACTION_RULES, ActionRules

_NEVER = "(?!)"  # matches nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task that a sentence assigns.

    Attributes:
        owner: who does it, as it was said ("Anna", "you", "我们"); None where nobody is named.
        due: until when, as it was said; None where nothing was.
    """

    owner: str | None
    due: str | None


def has_action_rules(language: str | None) -> bool:
    """True for the languages in which tasks can be found."""
    return language in ACTION_RULES


def task_in(
    sentence: str,
    *,
    language: str | None,
    participants: tuple[str, ...] = (),
    speaker: str | None = None,
) -> Task | None:
    """The task that a sentence settles; None where it settles none.

    >>> task_in("I'll send the draft by Friday.", language="English", speaker="Anna")
    Task(owner='Anna', due='by Friday')
    >>> task_in("If I send the draft by Friday, they will read it.", language="English") is None
    True

    Args:
        language: full English name; without rules for it nothing is found.
        participants: names that may look like no name.
        speaker: takes the place of "I".
    """
    if language is None or language not in ACTION_RULES:
        return None
    rules = ACTION_RULES[language]
    compiled = _compiled(language, participants)
    text = sentence.strip().replace("’", "'")
    is_question = text.endswith(tuple(rules.question_marks))
    patterns = compiled.requests if is_question else (*compiled.offers, *compiled.requests)
    for pattern in patterns:
        for found in pattern.finditer(text):
            if _settles(found, text, rules):
                due = compiled.due.search(text)
                owner = _owner(found, text, compiled, speaker)
                return Task(owner=owner, due=None if due is None else due[0])
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    rules: ActionRules
    offers: tuple[re.Pattern[str], ...]
    requests: tuple[re.Pattern[str], ...]
    vocative: tuple[re.Pattern[str], ...]
    due: re.Pattern[str]


@lru_cache(maxsize=16)
def _compiled(language: str, participants: tuple[str, ...]) -> _Compiled:
    rules = ACTION_RULES[language]
    told = "|".join(re.escape(name) for name in sorted(participants, key=len, reverse=True))
    pieces = {
        **rules.pieces,
        "told": f"(?:{told or _NEVER})",
        "name": f"(?:{told or _NEVER}|{{looks_like_name}})",
    }

    def patterns(sources: Sequence[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_expanded(source, pieces)) for source in sources)

    return _Compiled(
        rules=rules,
        offers=patterns(rules.offers),
        requests=patterns(rules.requests),
        vocative=patterns(rules.vocative),
        due=re.compile(_expanded(rules.due, pieces), re.IGNORECASE),
    )


def _expanded(source: str, pieces: Mapping[str, str]) -> str:
    """The rule with its pieces in place; `{0,16}` is none."""
    return re.sub(r"\{([a-z_]+)\}", lambda found: _expanded(pieces[found[1]], pieces), source)


def _settles(found: re.Match[str], text: str, rules: ActionRules) -> bool:
    before, after = text[: found.start()], text[found.end() :]
    return (
        found.groupdict().get("owner") not in rules.not_names
        and re.search(rules.hollow, before, re.IGNORECASE) is None
        and re.search(rules.void, before + found[0]) is None
        and re.match(rules.unsettled, after) is None
    )


def _owner(found: re.Match[str], text: str, compiled: _Compiled, speaker: str | None) -> str | None:
    owner = found.groupdict().get("owner")
    if owner in compiled.rules.speaker_words:
        return speaker or owner
    called = (pattern.search(text) for pattern in compiled.vocative)
    name = next((match["owner"] for match in called if match is not None), None)
    is_name = owner is not None and not owner.lower().startswith(("you", "你"))
    return owner if is_name else name or owner
