"""Qwen3-ASR and Qwen3-ForcedAligner through the native classes of transformers.

The Hugging Face libraries read these variables when they are first imported, which happens in
the modules below. Models come from local directories only, so nothing here may ask a network.
"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
