"""Qwen3-ASR and Qwen3-ForcedAligner through the native classes of transformers.

The libraries read these variables when they are first imported, which happens in the modules
below.
"""

import os

from qasr_cli.offline import shut_doors

shut_doors()
# Threads that wait by spinning as long as they do by themselves made the demo pair run at 1.3 times
# real time in place of 28 where other programs use the cores too (two threads, two cores, three
# times as many processes). Threads that never spin are woken for each of thousands of small tasks:
# 4 clips of 30 s take 18.4 s in place of 15.7 (0.6B shape, two threads of an AMD EPYC). This many
# rounds, some 50 microseconds there, take 15.7 s; and beside another such process 29.2 in place of
# 28.2.
WAITING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1500"}
if "OMP_WAIT_POLICY" not in os.environ:
    for name, value in WAITING.items():
        os.environ.setdefault(name, value)
