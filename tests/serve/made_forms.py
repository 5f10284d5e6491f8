"""Forms with a recording, byte by byte."""

KIND = ("content-type", "multipart/form-data; boundary=B")
SOUND = bytes(range(256)) * 20 + b"\r\n--C\r\n-\r\n--\r\n"  # almost its end


def part(value: bytes, disposition: str, *more: str) -> bytes:
    """A part of a form."""
    lines = (f"Content-Disposition: form-data; {disposition}", *more)
    return b"--B\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + value + b"\r\n"


def field(name: str, value: str) -> bytes:
    """A text field."""
    return part(value.encode(), f'name="{name}"')


def file(value: bytes = SOUND, disposition: str = 'name="audio"; filename="talk.wav"') -> bytes:
    """A recording."""
    return part(value, disposition, "Content-Type: audio/wav")


def form(*parts: bytes) -> bytes:
    """A form of these parts."""
    return b"".join(parts) + b"--B--\r\n"
