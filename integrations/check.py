#!/usr/bin/env python3
"""Checks GitHub workflows and actions and Kubernetes manifests against their schemas, and shell scripts by ShellCheck.

    python3 integrations/check.py

The packages in requirements.txt, which carry all that, go into target/check-venv, once.
"""

import os
import subprocess
import sys
from pathlib import Path

import environments

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = environments.TARGET / "check-venv"
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
    packages = HERE / "requirements.txt"
    install = ["install", "--quiet", "--requirement", packages]
    environments.make(VENV.name, sys.executable, install, pins=packages.read_text(), builder=environments.builder())


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
