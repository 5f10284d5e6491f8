"""How much text one cue may hold, and how long it is shown."""

from dataclasses import dataclass

LONG_PAUSE_MS = 1500  # nobody reads on over so long a silence, full stop or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one language, with a value for each.

    Attributes:
        line_chars: characters a line; spaces and punctuation count.
        chars_per_s: reading speed.
        line_count: lines a cue.
        line_words: words a line at most; 0 = as many as fit.
        min_duration_ms, max_duration_ms: how long a cue stands.
        gap_ms: free time between two cues.
        chain_ms: a gap shorter than this is closed to `gap_ms`; 0 = gaps stay as they are.
        max_gap_ms: a silence inside a cue is shorter than this.
        lead_in_ms: a cue is there so long before its speech.
        linger_ms: a cue may stay so long after its speech. Source: Netflix timing guidelines.
        sentence: 1 = no cue holds words of two sentences, 0 = one may.
        inaudible: 1 = a cue says where nobody could tell what is spoken, 0 = none does.
        spaced_stops: 1 = full-width commas and stops are spaces, and end no line, 0 = they stay.
        sound_brackets: around words for sounds: 1 = [square], 2 = （round）, 0 = as they are.
        single_ellipsis: 1 = the one character … stands for three stops, 0 = they stay.
        least_line_percent: of two lines neither is shorter than so much of the other.
        dash_space: 1 = a space stands behind the dash before each of two speakers, 0 = none does.
        char_columns: columns of one character: 2 where text is full-width, so that a Latin letter
            in it counts half.
        second_line_cost: of a second line, against the costs of breaks; high where one line is
            the custom.
    """

    line_chars: int
    chars_per_s: int
    line_count: int
    min_duration_ms: int
    max_duration_ms: int
    gap_ms: int
    chain_ms: int
    char_columns: int
    second_line_cost: int
    line_words: int = 0
    max_gap_ms: int = LONG_PAUSE_MS
    lead_in_ms: int = 0
    linger_ms: int = 500
    sentence: int = 0
    inaudible: int = 0
    spaced_stops: int = 0
    dash_space: int = 0
    sound_brackets: int = 0
    single_ellipsis: int = 0
    least_line_percent: int = 0

    @property
    def line_columns(self) -> int:
        """Width of a line in columns."""
        return self.line_chars * self.char_columns

    def read_ms(self, columns: int) -> int:
        """Time to read a text of this width."""
        return -(-columns * 1000 // (self.chars_per_s * self.char_columns))
