"""Where the program is that came with this package."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

NAME = "tracker-mock.exe" if sys.platform == "win32" else "tracker-mock"


def find_program() -> str:
    """The path of the program: that in TRACKER_MOCK_BIN, else the one of this package, else the one on the PATH."""
    named = os.environ.get("TRACKER_MOCK_BIN")
    if named:
        return named
    user_scheme = sysconfig.get_preferred_scheme("user") if sys.version_info >= (3, 10) else f"{os.name}_user"
    folders = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", user_scheme),
        # Where `pip install --target` puts it.
        str(Path(__file__).parents[1] / "bin"),
    ]
    for folder in folders:
        if os.path.isfile(path := os.path.join(folder, NAME)):
            return path
    found = shutil.which(NAME)
    if found is None:
        raise FileNotFoundError(f"The program {NAME} is neither in {', '.join(folders)} nor on the PATH.")
    return found
