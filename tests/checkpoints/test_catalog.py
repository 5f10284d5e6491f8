import pytest

from qasr_cli.checkpoints import catalog


@pytest.mark.parametrize(
    ("name", "role", "expected"),
    [
        ("1.7b", "recogniser", ("Qwen/Qwen3-ASR-1.7B-hf", "Qwen/Qwen3-ASR-1.7B")),
        ("1.7B", None, ("Qwen/Qwen3-ASR-1.7B-hf", "Qwen/Qwen3-ASR-1.7B")),
        ("0.6b", None, ("Qwen/Qwen3-ASR-0.6B-hf", "Qwen/Qwen3-ASR-0.6B")),
        (
            "0.6b",
            "aligner",
            ("Qwen/Qwen3-ForcedAligner-0.6B-hf", "Qwen/Qwen3-ForcedAligner-0.6B"),
        ),
        ("demo", "aligner", ()),
        ("Qwen/Qwen3-ASR-1.7B", None, ("Qwen/Qwen3-ASR-1.7B",)),
        ("qwen3-asr-1.7b-HF", None, ("Qwen/Qwen3-ASR-1.7B-hf",)),
        ("someone/tuned", None, ("someone/tuned",)),
        ("typo", None, ()),
        ("a/b/c", None, ()),
    ],
)
def test_names_stand_for_repositories(
    name: str, role: catalog.Role | None, expected: tuple[str, ...]
) -> None:
    """A short name stands for every layout, a repository for itself, anything else for nothing."""
    assert catalog.repositories_of(name, role) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1.7b", "recogniser"),
        ("aligner", "aligner"),
        ("Qwen/Qwen3-ForcedAligner-0.6B", "aligner"),
        ("someone/tuned", "recogniser"),
    ],
)
def test_a_name_tells_its_role(name: str, expected: catalog.Role) -> None:
    """A known model's role is known from any of its names."""
    assert catalog.role_of(name) == expected


def test_no_two_models_of_a_role_share_a_name() -> None:
    """A name and a role never mean two models."""
    taken = [
        (model.role, name) for model in catalog.MODELS for name in (model.name, *model.aliases)
    ]

    assert len(taken) == len(set(taken))
