"""What the header of a safetensors file says, and whether the file is whole. Stdlib only.

Source: https://github.com/huggingface/safetensors#format - eight bytes of header length (little
endian), a JSON header naming each tensor's `data_offsets`, then nothing but tensor data.
"""

from pathlib import Path

from qasr_cli.storage.documents import DamagedDocument, Fields, json_from, open_regular

_LENGTH_BYTES = 8
_MAX_HEADER_BYTES = 100_000_000  # the format's own cap


class DamagedWeightsError(ValueError):
    """A file that is not a whole safetensors file; the message says in what way."""


def read_header(path: Path) -> bytes:
    """The JSON header of a safetensors file, after its tensors were matched with the file's size.

    Raises:
        DamagedWeightsError: cut short, longer than its header says, or no safetensors file.
        OSError: it cannot be read.
    """
    size_bytes = path.stat().st_size
    with open_regular(str(path)) as file:
        header_bytes = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if header_bytes > min(_MAX_HEADER_BYTES, size_bytes - _LENGTH_BYTES):
            raise DamagedWeightsError("is no safetensors file, or cut short inside its header")
        header = file.read(header_bytes)
    expected_bytes = _LENGTH_BYTES + header_bytes + _data_bytes(header)
    if size_bytes < expected_bytes:
        raise DamagedWeightsError(f"is cut short: {size_bytes} of {expected_bytes} bytes")
    if size_bytes > expected_bytes:
        raise DamagedWeightsError(f"has {size_bytes - expected_bytes} bytes too many")
    return header


def _data_bytes(header: bytes) -> int:
    try:
        tensors = json_from(header)
        spans = sorted(
            Fields(tensor).span("data_offsets")
            for name, tensor in tensors.items()
            if name != "__metadata__"
        )
    except (DamagedDocument, AttributeError) as error:
        raise DamagedWeightsError("has a header that is no tensor list") from error
    position = 0
    for begin, end in spans:
        if begin != position or end < begin:
            raise DamagedWeightsError("has a header whose tensors leave gaps or overlap")
        position = end
    return position
