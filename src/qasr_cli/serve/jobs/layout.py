"""How texts that somebody edits break into lines: as cues with these words would."""

from collections.abc import Iterable, Sequence
from typing import Any

from qasr_cli.core.language.guess import guess_language
from qasr_cli.core.subtitles.text_lines import LaidText, lines_of_texts
from qasr_cli.formats.dictionaries import phrase_ends_of
from qasr_cli.options import Options
from qasr_cli.serve import settings
from qasr_cli.serve.jobs.cues import Bounds
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, Fields


def laid_out_as_sent(sent: object, options: Options) -> dict[str, Any]:
    """The lines of the texts that a client sent, by the profile and language that it names.

    Args:
        sent: JSON.
        options: of the service, for what it does not name.

    Raises:
        Refused: it holds no texts, or names what there is not.
    """
    try:
        fields = Fields(sent)
        texts = tuple(_texts(fields.each("cues")))
        options = settings.with_asked(options, fields)
    except DamagedDocument as error:
        raise Refused.bad_request(f"these are no texts: {error}", param="cues") from error
    known = options.engine.language or guess_language(" ".join(each.text for each in texts))
    laid = lines_of_texts(texts, options.cue, language=known, phrase_ends_of=phrase_ends_of)
    return {"language": known, "cues": [{"text": "\n".join(lines)} for lines in laid]}


def _texts(items: Sequence[Fields]) -> Iterable[LaidText]:
    bounds = Bounds()
    bounds.check_count(items)
    for index, item in enumerate(items):
        text = item.text("text").replace("\r\n", "\n")
        speaker = item.or_none("speaker", Fields.text) or None
        bounds.check_text(f"cues[{index}]", text, speaker)
        yield LaidText(text=text, speaker=speaker)
