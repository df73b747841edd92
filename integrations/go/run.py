#!/usr/bin/env python3
"""Runs the tests of the Go package, and the example of README.md in a module of its own.

    python3 integrations/go/run.py [arguments for `go test`]

Where there is no Go, it is installed by apt; where that cannot be, the last line says what was left out, and with CI in
the environment that is a failure. The program is that of TRACKER_MOCK_BIN, else target/static/tracker-mock.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLE = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "go" / "example"

sys.path.insert(0, str(HERE.parent))
from programs import need, tracker_mock  # noqa: E402


def main():
    need("integrations/go/run.py", {"go": "golang-go"})
    # Nothing is fetched: there are no dependencies.
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_MOCK_")}
    env |= {"TRACKER_MOCK_BIN": str(tracker_mock()), "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    make_example()
    if unformatted := subprocess.run([gofmt(), "-l", HERE, EXAMPLE], capture_output=True, text=True, check=True).stdout:
        sys.exit(f"integrations/go/run.py: not as gofmt writes them:\n{unformatted}")
    for folder in (HERE, EXAMPLE):
        subprocess.run(["go", "vet", "./..."], cwd=folder, env=env, check=True)
        subprocess.run(["go", "test", "-count=1", *sys.argv[1:], "./..."], cwd=folder, env=env, check=True)


def gofmt():
    """Beside `go`, where it is not on the PATH."""
    root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    return shutil.which("gofmt") or f"{root}/bin/gofmt"


def make_example():
    shutil.rmtree(EXAMPLE, ignore_errors=True)
    package = EXAMPLE / "internal" / "trackermock"
    package.mkdir(parents=True)
    shutil.copy(HERE / "trackermock" / "trackermock.go", package)
    (EXAMPLE / "go.mod").write_text("module example.com/client\n\ngo 1.19\n")
    name, text = re.search(r"`(\w+\.go)`:\n\n```go\n(.*?)```", (HERE / "README.md").read_text(), re.DOTALL).groups()
    (EXAMPLE / name).write_text(text)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"integrations/go/run.py: {Path(error.cmd[0]).name} {error.cmd[1]} failed")
