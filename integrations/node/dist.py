#!/usr/bin/env python3
"""Makes the npm packages: `tracker-mock`, and the one that holds the program for this platform.

    python3 integrations/node/dist.py [FOLDER]

The tarballs go into FOLDER, or `dist/`. The program is that of TRACKER_MOCK_BIN, else target/static/tracker-mock.
Needs Node 18 or newer and npm; what builds the package comes from npm into target/node.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
WORK = TARGET / "node"

sys.path.insert(0, str(HERE.parent))
from programs import need, tracker_mock  # noqa: E402

# The names of Node for the platforms that have a package, which optionalDependencies in package.json lists.
SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
MACHINES = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def main():
    folder = (Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist").absolute()
    install_tools()
    for tarball in make(folder):
        print(f"made {tarball}")


def install_tools():
    """Node and npm, and from npm what package-lock.json pins."""
    need("integrations/node", {"node": "nodejs", "npm": "npm"})
    WORK.mkdir(parents=True, exist_ok=True)
    pins = (HERE / "package-lock.json").read_text()
    record = WORK / "installed.json"
    if record.exists() and record.read_text() == pins:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, WORK)
    print(f"installing integrations/node/package-lock.json into {WORK}", flush=True)
    run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], WORK)
    record.write_text(pins)


def make(folder):
    """The paths of the tarballs, made in this folder."""
    version = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    staged = WORK / "packages"
    shutil.rmtree(staged, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    packages = [stage_main(staged / "tracker-mock", version), stage_program(staged, version)]
    for package in packages:
        shutil.copy(ROOT / "LICENSE", package)
    command = ["npm", "pack", "--json", "--loglevel=error", "--pack-destination", folder, *packages]
    return [folder / made["filename"] for made in json.loads(run(command, staged))]


def stage_main(package, version):
    shutil.copytree(HERE / "tracker-mock", package)
    shutil.copy(HERE / "README.md", package)
    manifest = json.loads((package / "package.json").read_text())
    if {manifest["version"], *manifest["optionalDependencies"].values()} != {version}:
        sys.exit(f"integrations/node/tracker-mock/package.json must have the version of Cargo.toml, {version}, throughout")
    run([WORK / "node_modules" / ".bin" / "tsc", "-p", package], package)
    return package


def stage_program(staged, version):
    system, machine = SYSTEMS.get(platform.system()), MACHINES.get(platform.machine())
    if system is None or machine is None:
        sys.exit(f"integrations/node: there is no package for {platform.system()} on {platform.machine()}")
    package = staged / f"tracker-mock-{system}-{machine}"
    program = package / "bin" / "tracker-mock"
    program.parent.mkdir(parents=True)
    shutil.copy(tracker_mock(), program)
    program.chmod(0o755)
    manifest = {
        "name": package.name,
        "version": version,
        "description": f"The program of tracker-mock for {system} on {machine}",
        "license": "MIT",
        "os": [system],
        "cpu": [machine],
        "files": ["bin"],
        "preferUnplugged": True,
    }
    (package / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return package


def run(command, folder):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"integrations/node: {Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
