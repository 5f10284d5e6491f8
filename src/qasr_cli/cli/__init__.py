"""Typer commands: parse, build options, call api/, turn errors into one line and an exit code."""
