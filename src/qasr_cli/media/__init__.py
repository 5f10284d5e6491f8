"""From folders to clips: discover, probe, decode, condition, split. No models of speech to text."""

from qasr_cli.offline import shut_doors

shut_doors()  # onnxruntime reads them when `vad` imports it
