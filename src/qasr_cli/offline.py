"""Sets the environment so that no library uses the network; import before all others.

Models are loaded from local directories alone, so this shuts doors that nothing should go through.
`qasr models pull` opens its own, for as long as it runs.
"""

import os

SETTINGS = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # onnxruntime 1.32 reports to its maker some seconds after its import, and keeps a device id
    # below the home directory. Its own disable_telemetry_events() does not stop that; this does.
    "ORT_DISABLE_TELEMETRY": "1",
}


def shut_doors() -> None:
    """Set the variables for this process and its children. The libraries read them at import."""
    os.environ.update(SETTINGS)
