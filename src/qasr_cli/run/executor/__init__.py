"""A run's files handed out to worker processes, on this machine or on others.

The process that was started, the driver, sweeps, decides names, resumes, quarantines and reports;
workers hear and write outputs, each in a lane of its own (`run/state/part.py`). Both speak lines of
JSON (`messages.py`); what carries these lines is an `Executor` (`base.py`). What sentences say is
not among them: it goes by way of the disk that both share.
"""
