#!/usr/bin/env python3
"""Checks GitHub workflows and actions and Kubernetes manifests against their schemas, and shell scripts by ShellCheck.

    python3 integrations/check.py

The packages in requirements.txt, which carry all that, go into target/check-venv, once.
"""

import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "check-venv"
CHECKS = [
    (["check-jsonschema", "--builtin-schema", "vendor.github-workflows"], [".github/workflows/*.yml"]),
    (["check-jsonschema", "--builtin-schema", "vendor.github-actions"], ["integrations/ci/action.yml"]),
    (["kubernetes-validate", "--strict", "--quiet"], ["integrations/farm/*.yaml"]),
    (["shellcheck", "--severity=warning"], ["integrations/ci/*.sh"]),
]


def main():
    make_venv()
    for (program, *options), patterns in CHECKS:
        files = [file for pattern in patterns for file in sorted(ROOT.glob(pattern))]
        if not files:
            sys.exit(f"integrations/check.py: nothing is like {' or '.join(patterns)}")
        if subprocess.run([VENV / "bin" / program, *options, *files]).returncode != 0:
            sys.exit(f"integrations/check.py: {program} found the above")


def make_venv():
    pins = (HERE / "requirements.txt").read_text()
    record = VENV / "made-from.txt"
    wanted = f"# {sys.version}\n{pins}"
    if record.exists() and record.read_text() == wanted:
        return
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("this Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv")
    print(f"making {VENV.relative_to(ROOT) if ROOT in VENV.parents else VENV}", flush=True)
    venv.create(VENV, clear=True, with_pip=True)
    pip = [VENV / "bin" / "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, "--requirement", HERE / "requirements.txt"], check=True)
    record.write_text(wanted)


def run_inside(program):
    """Runs a program anew where the packages are, unless it is there."""
    make_venv()
    python = VENV / "bin" / "python"
    if Path(sys.prefix) != VENV:
        os.execv(python, [python, "-B", program, *sys.argv[1:]])


def read_yaml(file):
    import yaml

    return yaml.safe_load(file.read_text())


if __name__ == "__main__":
    main()
