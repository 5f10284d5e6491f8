"""Options that other transcribers have and qasr has not: what to use instead, or why nothing.

Those of openai-whisper, whisper.cpp, faster-whisper's command lines, whisperX and stable-ts. Data.
"""

_SPEAKERS = "qasr does not tell voices apart; --channels split takes each channel for a speaker"
_TRANSLATION = "the models transcribe; translation is not offered"
_PAUSES = "pauses are always found, with nothing to tune; --vad silero or energy says how"
_GREEDY = "the models always take the likeliest word, so there is no search or chance to set"
_LOOPS = "qasr finds clips that went wrong by itself, and recognises them again; leave it out"
_ALONE = "clips are recognised each by itself; --context says what the recordings are about"
_TOKENS = "no token can be kept from being written; --corrections replaces what was heard"
_LANGUAGE = "the language is found clip by clip, unless --language names it"
_OFFLINE = "it is always so: qasr models pull alone uses the network; leave it out"
_MODELS = "--model-dir names the folder of models"
_CUES = "--profile says how cues are cut, and --sentence keeps sentences apart"
_KARAOKE = "-f vtt or -f ass with --highlight-words shows each word as it is spoken"
_CLEANING = "sound is not cleaned of noise or music; --highpass and --normalize are what there is"
_OUTPUT = "-o DIR says where to write, and -o - prints; names come from the recordings"
_AMOUNT = "--quiet and --verbose say how much is printed"
_LIVE = "qasr reads what is recorded: a file, or standard input as qasr transcribe -"
_AT_ONCE = "--batch-size puts more clips through the models at once; --shard shares a batch out"

_INSTEAD = {
    "diarize diarise diarization diarize-model min-speakers max-speakers num-speakers speaker-num "
    "speaker-name speaker-embeddings tinydiarize": _SPEAKERS,
    "hf-token token use-auth-token": "no token is needed; qasr models pull gets the models",
    "task translate translate-to target-language": _TRANSLATION,
    "vad-filter vad-method vad-model vad-onset vad-offset vad-threshold vad-parameters "
    "vad-min-speech-duration-ms vad-max-speech-duration-s vad-min-silence-duration-ms "
    "vad-speech-pad-ms suppress-silence k-size q-levels nonspeech-skip": _PAUSES,
    "chunk-size chunk-length chunk-length-s": "--max-chunk-s sets the longest clip, in seconds",
    "beam-size best-of patience length-penalty temperature temperatures sample-len "
    "max-new-tokens": _GREEDY,
    "temperature-increment-on-fallback compression-ratio-threshold logprob-threshold "
    "log-prob-threshold no-speech-threshold hallucination-silence-threshold repetition-penalty "
    "no-repeat-ngram-size entropy-thold": _LOOPS,
    "condition-on-previous-text carry-initial-prompt prompt-reset-on-temperature prefix": _ALONE,
    "prompt": "--context says what the recordings are about",
    "suppress-tokens suppress-blank suppress-numerals suppress-word-ts": _TOKENS,
    "multilingual detect-language language-detection-threshold "
    "language-detection-segments": _LANGUAGE,
    "fp16": "--dtype float16 does that; auto, the default, takes what suits the device",
    "fast-mode": "-m 0.6b is the faster model",
    "device-index gpu-id": "--device cuda:1 names a GPU by its number",
    "gpu": "--device cuda does that; auto, the default, takes a GPU where there is one",
    "cpu no-gpu": "--device cpu does that",
    "align-model": "--aligner names the model that times words",
    "interpolate-method": "words without times of their own share the time by length",
    "return-char-alignments": "-f json and -f words hold the time of every word, and no finer",
    "without-timestamps no-timestamps": "-f txt writes no times",
    "clip-timestamps offset-t duration": "recordings are done whole; ffmpeg -ss and -to cut them",
    "model-cache-only local-files-only offline": _OFFLINE,
    "model-directory cache-dir download-root": _MODELS,
    "segment-resolution regroup segment-level prepend-punctuations append-punctuations "
    "split-on-word": _CUES,
    "word-level karaoke ass": _KARAOKE,
    "max-chars max-len": "--max-line-width sets the characters a line",
    "max-words": "--max-words-per-line does that",
    "demucs denoiser denoise only-voice-freq": _CLEANING,
    "output output-file output-name": _OUTPUT,
    "output-srt output-vtt output-txt output-json output-lrc srt vtt txt pretty-json "
    "json": "-f names the formats, such as -f srt,json",
    "output-csv csv": "-f tsv is a table of cues",
    "print-progress print-colors": "progress is shown on terminals; --no-progress hides it",
    "log-level debug": _AMOUNT,
    "live-transcribe live-input-device microphone": _LIVE,
    "batched jobs workers num-workers processes": _AT_ONCE,
    "force yes": "--overwrite replaces what stands there",
    "resume continue": "it is always so with qasr batch: what is done is skipped",
}
BY_NAME = {name: advice for names, advice in _INSTEAD.items() for name in names.split()}


def advice_on(option: str) -> str | None:
    """What to do instead of an option of another tool; None where qasr knows no such option.

    >>> advice_on("--beam_size") == advice_on("--temperature")
    True
    """
    return BY_NAME.get(option.lstrip("-").replace("_", "-"))
