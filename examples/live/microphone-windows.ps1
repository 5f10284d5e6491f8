# Captions of a microphone: .\microphone-windows.ps1 "Microphone (USB Audio)" -o talk
# `ffmpeg -list_devices true -f dshow -i dummy` lists them. PowerShell 7.4 or newer, whose pipes carry bytes.
param(
    [Parameter(Mandatory)] [string] $Device,
    [Parameter(ValueFromRemainingArguments)] [string[]] $Options
)
ffmpeg -nostdin -loglevel error -f dshow -i "audio=$Device" -f s16le -ac 1 -ar 16000 - | qasr live --pcm @Options
exit $LASTEXITCODE
