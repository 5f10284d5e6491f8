"""The commands by name. Importing this imports none of them."""

# Name -> module that holds its Typer as `app`, and the line that `qasr --help` shows.
COMMANDS = {
    "transcribe": ("qasr_cli.cli.commands.transcribe", "Transcribe recordings."),
    "batch": ("qasr_cli.cli.commands.batch", "Transcribe every recording in folders."),
    "plan": (
        "qasr_cli.cli.commands.plan",
        "Say what a batch would do, and how long it would take.",
    ),
    "align": ("qasr_cli.cli.commands.align", "Time a text that exists."),
    "live": ("qasr_cli.cli.commands.live", "Caption sound while it is spoken."),
    "serve": ("qasr_cli.cli.commands.serve", "Keep the models loaded, for other programs."),
    "edit": ("qasr_cli.cli.commands.edit", "Correct subtitles in a browser, where they stand."),
    "report": ("qasr_cli.cli.commands.report", "Show, merge and search reports of batches."),
    "render": ("qasr_cli.cli.commands.render", "Cut saved results again, with other options."),
    "minutes": ("qasr_cli.cli.commands.minutes", "Topics, tasks and a summary of saved results."),
    "voices": ("qasr_cli.cli.commands.voices", "Forget how the speakers of a batch sound."),
    "lint": ("qasr_cli.cli.commands.lint", "Check subtitles against a profile."),
    "config": ("qasr_cli.cli.commands.config", "Show what qasr.toml and QASR_* variables set."),
    "models": ("qasr_cli.cli.commands.models", "List, pull, pack, check and convert models."),
    "doctor": ("qasr_cli.cli.commands.doctor", "Check what qasr needs on this machine."),
}
# What only qasr itself starts: no help and no document names it.
HIDDEN_COMMANDS = {"worker": "qasr_cli.cli.commands.worker"}
# They keep other runs out of their folder by a lock that the system drops with the process.
NEED_LOCKS = frozenset({"batch", "serve", "edit"})
# All others run behind the filter, commands to come included.
NETWORK_COMMANDS = frozenset({"models pull"})
# They put their walls up themselves, since they open network sockets first: to answer on them, or
# to try what could be done with one.
CONFINE_THEMSELVES = frozenset({"serve", "edit", "doctor"})
