"""Files that make ffmpeg open other files or addresses, if it is let."""

from tests.faults.bad_inputs.case import Case, Make
from tests.faults.bad_inputs.workshop import PRIVATE


def cases() -> list[Case]:
    """Playlists and manifests that name a file outside the corpus."""

    def naming_the_private_file(text: str) -> Make:
        return lambda shop: text.replace("{private}", str(shop.folder.parent / PRIVATE)).encode()

    texts = {
        "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{private}\n#EXT-X-ENDLIST\n",
        "m3u": "#EXTM3U\n{private}\n",
        "ffconcat": "ffconcat version 1.0\nfile '{private}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9999 RTP/AVP 0\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        "<Period><AdaptationSet><Representation id='1'><BaseURL>{private}</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>",
        "asx": "<asx version='3.0'><entry><ref href='{private}'/></entry></asx>",
        "ffmetadata": ";FFMETADATA1\ntitle=x\n",
        "subtitles": "1\n00:00:00,000 --> 00:00:02,000\nhello\n",
        "graph": "sine=frequency=440:duration=3",
        "url": "http://127.0.0.1:9/private.wav\n",
    }
    return [
        Case(
            name=f"{kind}.{suffix}",
            outcome="DecodeError",
            make=naming_the_private_file(text),
        )
        for kind, text in texts.items()
        for suffix in ("mp3", "mp4")
    ]
