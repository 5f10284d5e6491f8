"""Where a talk turns to something else."""

from qasr_cli.core.minutes.topics import topic_starts


def talk(*topics: str, sentence_count: int = 20) -> list[list[str]]:
    """Sentences of five terms, of each topic as many."""
    return [
        [f"{topic}{(index * 5 + term) % 9}" for term in range(5)]
        for topic in topics
        for index in range(sentence_count)
    ]


def test_a_turn_is_where_the_words_change() -> None:
    """To the sentence, where nothing is said of both."""
    assert topic_starts(talk("a", "b", "c")) == (0, 20, 40)


def test_a_talk_of_one_thing_has_one_topic() -> None:
    """However long it is, or short."""
    assert topic_starts(talk("a", sentence_count=200)) == (0,)
    assert topic_starts([["a", "b"]]) == (0,)
    assert topic_starts([[], []]) == (0,)
    assert topic_starts([]) == ()
