"""Typer commands: parse, build options, call run/, turn errors into one line and an exit code."""
