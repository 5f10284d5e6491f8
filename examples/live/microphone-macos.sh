#!/bin/sh
# Captions of a microphone of a Mac; DEVICE=:1 takes the second one.
# `ffmpeg -f avfoundation -list_devices true -i ""` lists them; the terminal needs the right to listen.
set -eu

ffmpeg -nostdin -loglevel error -f avfoundation -i "${DEVICE:-:0}" -f s16le -ac 1 -ar 16000 - |
    qasr live --pcm --model "${QASR_EXAMPLE_MODEL:-1.7b}" "$@"
