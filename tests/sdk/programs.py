"""Programs that some tests need beside Python."""

import os
import shutil
import subprocess

import pytest


def program(name, package=None):
    """The path of a program, which is installed if it is missing."""
    found = shutil.which(name)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-q"], **quiet)
        subprocess.run(["apt-get", "install", "-qy", "--no-install-recommends", package or name], **quiet)
        found = shutil.which(name)
    if found is None:
        reason = f"LEFT OUT: there is no {name}, and it cannot be installed"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return found
