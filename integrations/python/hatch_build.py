"""Puts the program into the wheel and names the platforms that the wheel serves.

The program is not built here: it is the one in TRACKER_MOCK_BIN, else that of `make static`, which the tests have run.
"""

import os
import platform
import struct
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PT_INTERP = 3


class ProgramHook(BuildHookInterface):
    def initialize(self, version, build_data):
        name = "tracker-mock.exe" if sys.platform == "win32" else "tracker-mock"
        program = Path(os.environ.get("TRACKER_MOCK_BIN", Path(self.root, "../../target/static", name))).resolve()
        if not program.is_file():
            raise SystemExit(f"There is no program at {program}: run `make static` first.")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_of(program)}"
        build_data["shared_scripts"][str(program)] = name


def platform_of(program):
    """The platform tag. A static program needs neither glibc nor musl, so that one wheel serves both."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return "macosx_11_0_arm64" if machine == "arm64" else "macosx_10_12_x86_64"
    if sys.platform == "win32":
        return f"win_{machine}"
    content = program.read_bytes()
    if content[:5] != b"\x7fELF\x02":
        raise SystemExit(f"{program} is no 64-bit program for Linux.")
    machine = {62: "x86_64", 183: "aarch64"}[struct.unpack_from("<H", content, 18)[0]]
    headers, (size, count) = struct.unpack_from("<Q", content, 32)[0], struct.unpack_from("<HH", content, 54)
    kinds = [struct.unpack_from("<I", content, headers + size * index)[0] for index in range(count)]
    if PT_INTERP in kinds:
        # Good for this machine; package indexes refuse it.
        return f"linux_{machine}"
    return f"manylinux_2_17_{machine}.musllinux_1_1_{machine}"
