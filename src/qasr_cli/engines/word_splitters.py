"""Languages whose words an optional package finds for the aligner, and how it is installed."""

from collections.abc import Mapping
from types import MappingProxyType

# Those that the aligner's processor in transformers imports. Extras, for the one brings 50 MB and
# the other scipy and scikit-learn.
PACKAGE_OF_LANGUAGE: Mapping[str, str] = MappingProxyType(
    {"Japanese": "nagisa", "Korean": "soynlp"}
)
_EXTRA_OF_LANGUAGE = {"Japanese": "ja", "Korean": "ko"}


def install_command(language: str) -> str:
    """The command that installs what a language needs for its word times."""
    return f"pip install 'qasr-cli[{_EXTRA_OF_LANGUAGE.get(language, 'all')}]'"
