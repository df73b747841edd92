#!/usr/bin/env python3
"""Runs the tests of the npm package, on the tarballs that would be published.

    python3 integrations/node/run.py [names of files in tests/]

Everything happens in target/node, so that the tests find the package as a project does. Where there is no Node, it is
installed by apt; where that cannot be, the last line says what was left out, and with CI in the environment that is a
failure. The program is that of TRACKER_MOCK_BIN, else target/static/tracker-mock.
"""

import os
import shutil
import subprocess
import sys

import dist

TESTS = dist.WORK / "tests"


def main():
    dist.install_tools()
    prettier = [dist.WORK / "node_modules" / ".bin" / "prettier", "--config", "package.json", "--check", "--log-level", "warn"]
    dist.run([*prettier, "tracker-mock/**/*.{ts,mts,js}", "tests/**/*.{mjs,cjs,js,mts,cts}"], dist.HERE)
    tarballs = dist.make(dist.WORK / "dist")
    for tarball in tarballs:
        package = dist.WORK / "node_modules" / tarball.name.rsplit("-", 1)[0]
        shutil.rmtree(package, ignore_errors=True)
        package.mkdir()
        dist.run(["tar", "-xzf", tarball, "--strip-components=1"], package)
    shutil.rmtree(TESTS, ignore_errors=True)
    shutil.copytree(dist.HERE / "tests", TESTS)
    # A proxy stands between this machine and the registry, not between the tests and their server.
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("TRACKER_MOCK_") and not name.lower().endswith("_proxy")}
    env["TARBALLS"] = os.pathsep.join(map(str, tarballs))
    names = sys.argv[1:] or sorted(path.name for path in TESTS.glob("*.test.mjs"))
    sys.exit(subprocess.run(["node", "--test", *names], cwd=TESTS, env=env).returncode)


if __name__ == "__main__":
    main()
