"""Which sentences say most of what a text is about. They are quoted as they were said."""

from collections.abc import Collection, Mapping, Sequence

_FEWEST_TERMS = 3  # less is an aside
_WITHOUT_MERIT_TERMS = 4  # so that long sentences are not punished for every further word


def best_sentences(
    terms: Sequence[Sequence[str]], *, weight: Mapping[str, float], count: int
) -> tuple[int, ...]:
    """Indices of the sentences with the weightiest terms, in order; a term counts once for all.

    Args:
        terms: of each sentence; none for one that is not to be quoted.
        weight: of each term.
        count: at most so many.
    """
    told: set[str] = set()
    chosen: list[int] = []
    candidates = [i for i, of_one in enumerate(terms) if len(of_one) >= _FEWEST_TERMS]
    while candidates and len(chosen) < count:
        best = max(candidates, key=lambda index: _merit(terms[index], weight, told))
        if _merit(terms[best], weight, told) <= 0:
            break
        candidates.remove(best)
        chosen.append(best)
        told.update(terms[best])
    return tuple(sorted(chosen))


def _merit(terms: Sequence[str], weight: Mapping[str, float], told: Collection[str]) -> float:
    news = sum(weight[term] for term in set(terms) if term not in told)
    return news / (len(terms) + _WITHOUT_MERIT_TERMS)
