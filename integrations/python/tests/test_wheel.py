"""The wheel, installed where there is nothing else and no network."""

import os
import shlex
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

WHEEL = Path(os.environ["WHEEL"])
ROOT = Path(__file__).parents[3]


# What runs a command without any network but this machine itself; empty where that is not allowed.
WITHOUT_NETWORK = shlex.split(os.environ.get("WITHOUT_NETWORK", ""))


def run(*command, cwd, **env):
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_MOCK_", "PIP_", "PYTHON"))
    }
    done = subprocess.run(
        [*WITHOUT_NETWORK, *map(str, command)], cwd=cwd, env={**clean, **env}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment with the wheel alone."""
    folder = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", "venv", cwd=folder)
    run("venv/bin/pip", "install", "--no-index", WHEEL, cwd=folder)
    return folder


def version():
    return next(
        line.split('"')[1]
        for line in (ROOT / "Cargo.toml").read_text("utf-8").splitlines()
        if line.startswith("version")
    )


def test_the_program_runs(installed):
    expected = f"tracker-mock {version()}\n"
    assert run("venv/bin/tracker-mock", "--version", cwd=installed) == expected
    assert run("venv/bin/python", "-m", "tracker_mock", "--version", cwd=installed) == expected


def test_a_server_starts(installed):
    script = (
        "import tracker_mock\nwith tracker_mock.start() as server: print(len(server.new_world().state()['issues']))"
    )
    assert run("venv/bin/python", "-c", script, cwd=installed) == "3\n"


def test_it_runs_where_scripts_stand_elsewhere(installed):
    run("venv/bin/pip", "install", "--no-index", "--target", "elsewhere", WHEEL, cwd=installed)
    script = "from tracker_mock import find_program; print(find_program())"
    python = os.path.join(sys.base_prefix, "bin", "python3")
    assert (
        run(python, "-c", script, cwd=installed, PYTHONPATH="elsewhere") == f"{installed}/elsewhere/bin/tracker-mock\n"
    )
    assert run("elsewhere/bin/tracker-mock", "--version", cwd=installed) == f"tracker-mock {version()}\n"


def test_tools_run_it_without_installing(installed):
    uvx, pipx = (Path(sysconfig.get_path("scripts"), name) for name in ("uvx", "pipx"))
    options = ["--offline", "--no-index", "--no-config", "--python", sys.executable]
    env = {"UV_CACHE_DIR": str(installed / "uv"), "PIPX_HOME": str(installed / "pipx")}
    expected = f"tracker-mock {version()}\n"
    assert run(uvx, *options, "--from", WHEEL, "tracker-mock", "--version", cwd=installed, **env) == expected
    options = ["--no-cache", "--python", sys.executable, "--pip-args=--no-index", "--spec"]
    assert run(pipx, "run", *options, WHEEL, "tracker-mock", "--version", cwd=installed, **env) == expected


def test_what_is_in_the_wheel():
    with zipfile.ZipFile(WHEEL) as wheel:
        names = {Path(name).name for name in wheel.namelist()}
        metadata = next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/METADATA"))
    assert {"tracker-mock", "py.typed", "LICENSE", "pytest_plugin.py", "entry_points.txt"} <= names
    assert f"Version: {version()}\n" in metadata
    assert "Requires-Dist" not in metadata
    if sys.platform == "linux":
        machine = os.uname().machine
        assert WHEEL.name == f"tracker_mock-{version()}-py3-none-manylinux_2_17_{machine}.musllinux_1_1_{machine}.whl"
