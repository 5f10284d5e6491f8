"""A transcript to read and to work on in Word, LibreOffice and their like.

The same transcript gives the same bytes: no date, no user, no machine is in them.
"""

import io
import zipfile
from typing import TYPE_CHECKING

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.text import canonical
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.documents.paragraphs import Paragraph, facts_of, paragraphs_of, title_of

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.text.run import Run

_FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # of a ZIP archive
_OWN_DATES = "{http://purl.org/dc/terms/}"
_RIGHT_TO_LEFT = frozenset({"ar", "fa"})
_EAST_ASIAN = frozenset({"ja", "ko", "yue", "zh"})


def render(transcript: Transcript, _cues: tuple[Cue, ...]) -> bytes:
    """A title with the file's name, then paragraphs with their times and speakers."""
    import docx

    document = docx.Document()
    _describe(document, transcript)
    document.add_heading(canonical(title_of(transcript)), level=0)
    document.add_paragraph(facts_of(transcript), style="Subtitle")
    for paragraph in paragraphs_of(transcript):
        _add(document, paragraph)
    written = io.BytesIO()
    document.save(written)
    return _without_dates(written)


def _describe(document: "Document", transcript: Transcript) -> None:
    """Take what the library's template says of its maker out of the properties."""
    properties = document.core_properties
    properties.title = canonical(title_of(transcript))[:255]  # more is no valid property
    properties.language = code_of(transcript.language)
    properties.author = properties.last_modified_by = properties.comments = ""
    for element in list(properties._element):  # noqa: SLF001  # there is no other way to have none
        if str(element.tag).startswith(_OWN_DATES):
            properties._element.remove(element)  # noqa: SLF001


def _add(document: "Document", paragraph: Paragraph) -> None:
    code = code_of(paragraph.language)
    added = document.add_paragraph()
    runs = [added.add_run(f"[{paragraph.clock}] ")]
    runs[0].bold = True
    if paragraph.speaker is not None:
        runs.append(added.add_run(f"{canonical(paragraph.speaker)}: "))
        runs[-1].bold = True
    runs.append(added.add_run(canonical(paragraph.text)))
    _mark_language(runs[-1], code)
    if code in _RIGHT_TO_LEFT:
        added.paragraph_format.element.get_or_add_pPr().append(_element("w:bidi"))


def _mark_language(run: "Run", code: str) -> None:
    """Tell the spelling checker which language it is."""
    from docx.oxml.ns import qn

    if code == "und":
        return
    if code in _RIGHT_TO_LEFT:
        run.font.rtl = True
    language = _element("w:lang")
    kind = "w:bidi" if code in _RIGHT_TO_LEFT else "w:val"
    kind = "w:eastAsia" if code in _EAST_ASIAN else kind
    language.set(qn(kind), code)
    run.font.element.get_or_add_rPr().append(language)


def _element(tag: str) -> "BaseOxmlElement":
    from docx.oxml import OxmlElement

    return OxmlElement(tag)


def _without_dates(archive: io.BytesIO) -> bytes:
    """The same archive, its members with a date that says nothing."""
    result = io.BytesIO()
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, _FIRST_DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # as on Unix, wherever it is made
            target.writestr(member, source.read(name))
    return result.getvalue()
