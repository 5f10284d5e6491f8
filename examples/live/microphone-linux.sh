#!/bin/sh
# Captions of the default microphone. QASR_EXAMPLE_MODEL names a model, such as 0.6b.
# With `-o NAME` its sound is not kept; put `tee NAME.raw |` before qasr for that.
set -eu

if command -v parec >/dev/null; then
    record="parec --format=s16le --rate=16000 --channels=1 --latency-msec=50"
elif command -v arecord >/dev/null; then
    record="arecord --quiet --format=S16_LE --rate=16000 --channels=1 --file-type=raw -"
else
    echo "neither parec (PulseAudio, PipeWire) nor arecord (ALSA) is here" >&2
    exit 3
fi
$record | qasr live --pcm --model "${QASR_EXAMPLE_MODEL:-1.7b}" "$@"
