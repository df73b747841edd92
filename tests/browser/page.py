#!/usr/bin/env python3
"""The page at /_mock/ in a real browser: Chromium, without a window, driven by playwright-core.

    python3 tests/browser/page.py [--pictures] [FILE...]

Every tab and button is used once, and the world behind it is looked at; then what must not happen: foreign text that
becomes a script, violations of the page's policy, what axe-core finds, a flood that drowns the page. FLOOD_SECONDS says
how long the flood lasts. With --pictures those of the documents, docs/pictures, are made anew.

The binary is that in TRACKER_MOCK_BIN, else target/release/tracker-mock. Chromium, Node and npm are installed by apt
where they are missing, and what package.json pins by npm. Where that cannot be, the last line says what was left out;
with CI in the environment that is a failure.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "integrations"))
from programs import leave_out, need  # noqa: E402

SCRIPT = "tests/browser/page.py"
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
MODULES = TARGET / "page-test"
PINS = ("package.json", "package-lock.json")
PICTURES = ROOT / "docs" / "pictures"


def install_modules():
    """What package.json pins, anew when that has changed."""
    MODULES.mkdir(parents=True, exist_ok=True)
    made_from = MODULES / "made-from"
    wanted = "".join((HERE / "page" / name).read_text("utf-8") for name in PINS)
    if made_from.exists() and made_from.read_text("utf-8") == wanted:
        return
    for name in PINS:
        shutil.copy(HERE / "page" / name, MODULES / name)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=MODULES, capture_output=True, text=True)
    if done.returncode != 0:
        leave_out(SCRIPT, f"npm cannot install {PINS[0]}: {(done.stderr.strip().splitlines() or ['npm failed'])[-1]}")
    made_from.write_text(wanted, "utf-8")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--pictures"]
    need(SCRIPT, {"chromium": "chromium", "node": "nodejs", "npm": "npm"})
    install_modules()
    # A proxy stands between this machine and the registry, not between the browser and the server.
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env |= {
        "BROWSER": shutil.which("chromium"),
        "PAGE_MODULES": str(MODULES),
        "PAGE_PICTURES": str(PICTURES if "--pictures" in sys.argv else TARGET / "pictures"),
        "TRACKER_MOCK_BIN": str(Path(os.environ.get("TRACKER_MOCK_BIN", TARGET / "release" / "tracker-mock")).resolve()),
    }
    files = arguments or sorted(str(path) for path in (HERE / "page").glob("*.test.mjs"))
    sys.exit(subprocess.run(["node", "--test", *files], env=env).returncode)


if __name__ == "__main__":
    main()
