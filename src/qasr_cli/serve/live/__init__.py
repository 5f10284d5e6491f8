"""Live captions for clients of the service: sessions, who follows them, what is kept. No HTTP.

`session` (a `LiveSession`) decides what is heard and said; here it gets sound, models and readers.
"""
