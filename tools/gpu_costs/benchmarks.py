"""The section of BENCHMARKS.md that is made of counts and costs."""

from tools.gpu_costs import tables
from tools.gpu_costs.devices import GPUS
from tools.gpu_counts.saved import BEFORE, NOW, ROOT, read
from tools.gpu_counts.tables import table_of

DOCUMENT = ROOT / "BENCHMARKS.md"
BEGIN = "<!-- What follows is made by: python -m tools.gpu_counts --update -->"
END = "<!-- up to here -->"


def section() -> str:
    """What stands between the two marks."""
    before, now = read(BEFORE), read(NOW)
    parts = (
        BEGIN,
        table_of(before, now),
        "### An estimate: no GPU has run this",
        "Times real time with alignment, clips of 30 s (`python -m tools.gpu_costs`):",
        tables.speeds(before, now),
        tables.beside(before, now),
        tables.stages(before, now, "1.7b", GPUS[0]),
        END,
    )
    return "\n\n".join(parts)


def update() -> None:
    """Put it into the document anew."""
    text = DOCUMENT.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOCUMENT.write_text(head + section() + tail, encoding="utf-8")
