"""Live captions: sound that is still being spoken to text, as a state that others drive.

Somebody else has the sound, the clock and the engine: `qasr live` a thread, the service its
scheduler, a test a clock of its own. None of them decides anything about captions; `LiveSession`
does (`session.py`), and says it in events (`events.py`), each with its message of the protocol.

    session = LiveSession(options, name="live", max_clip_s=engine.max_clip_s)
    for event in session.push(samples): ...        # 16 kHz mono, float32 or int16, any number
    work = session.next_work(now_s)                # Work(kind, clip, phrase_id), or None
    (result,) = engine.run([work.clip])            # anywhere, in any thread; takes its time
    for event in session.done(work, result, now_s): ...
    for outcome in session.take_outcomes(): ...    # phrases for the transcript, to keep on a disk

- `now_s` is any clock that never goes back. The session has none: positions are counted samples.
- `next_work` gives one piece of work at a time, and None while that is out. Ask after `push`,
  after `done`, and at `wake_at_s` (None = only then). Its kinds, the most urgent first:
  "final" (a whole phrase; never skipped), "times" (the same, aligned), "partial" (a phrase so far).
  `done(work, None, now_s)` says that a partial was skipped; the others have to be done.
- `flush()` ends the phrase at hand; `stop()` also takes no more sound. Go on with `next_work` until
  `is_finished`: what was heard is finished, never dropped. A session that ended itself (`Failed`
  with `ends_session`) is as one that was stopped.
- `take_outcomes()` gives each phrase when its text is final, and again once its words are timed:
  the later one of the same span replaces the earlier. The session keeps neither.
- `take_speech()` gives where somebody spoke, in the same way, for `Transcript.speech`.
- `excuse_lag()` once models are loaded: what was spoken meanwhile is no lag. `excuse_lag(count)`
  before a `push` of silence in place of sound that was lost.
- `Ready` and `Done` are the driver's to make: it knows the session's name and its result.
- Not for several threads at once: hold a lock around every call. `push` listens for speech (about
  1 ms for half a second), everything else takes no time.
"""
