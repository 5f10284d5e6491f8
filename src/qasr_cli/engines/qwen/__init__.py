"""Qwen3-ASR and Qwen3-ForcedAligner through the native classes of transformers.

The libraries read these variables when they are first imported, which happens in the modules
below.
"""

import os

from qasr_cli.offline import shut_doors

shut_doors()
# Where other programs use the cores too, threads that wait by spinning made the demo pair run at
# 1.3 times real time in place of 28 (two threads, two cores, three times as many processes).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
