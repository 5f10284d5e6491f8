from pathlib import Path
def evaluate(pair: Path, data: Path, report: Path) -> None:
    raise NotImplementedError
