"""Gets the peers into bench/.peers, which git ignores. What is there already, from the same pins, is left as it is."""

import json
import platform
import shutil
import subprocess
import sys

from .paths import BENCH, PEERS
from .server import BenchError

PINS = BENCH / "peers"
PYTHON = PEERS / "venv" / "bin" / "python"
NODE = PEERS / "node" / "node_modules"
AZURITE = NODE / "azurite"
PRISM = NODE / "@stoplight" / "prism-cli"
LOG = PEERS / "setup.log"


def run(*command, cwd=None):
    PEERS.mkdir(exist_ok=True)
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        try:
            done = subprocess.run([str(part) for part in command], cwd=cwd, stdout=log, stderr=subprocess.STDOUT)
        except FileNotFoundError as error:
            raise BenchError(f"{command[0]} is not installed") from error
    if done.returncode != 0:
        raise BenchError(f"`{' '.join(map(str, command[:4]))}` failed, see {LOG.relative_to(BENCH.parent)}")


def once(name, pins, make):
    """Calls `make` unless it was done before from the same `pins`."""
    record = PEERS / f"{name}.made-from"
    if not record.exists() or record.read_text() != pins:
        print(f"setting up {name} ...", file=sys.stderr, flush=True)
        make()
        record.write_text(pins)


def python_packages():
    """FastAPI, uvicorn, python-multipart and moto in a virtual environment; its Python."""
    requirements = PINS / "requirements.txt"

    def make():
        run(sys.executable, "-m", "venv", "--clear", PEERS / "venv")
        run(PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-r", requirements)

    once("python", f"# {sys.version}\n{requirements.read_text()}", make)
    return PYTHON


def node_packages():
    """Azurite and Prism from npm."""
    package = PINS / "package.json"

    def make():
        (PEERS / "node").mkdir(exist_ok=True)
        shutil.copy(package, PEERS / "node")
        run("npm", "install", "--no-audit", "--no-fund", cwd=PEERS / "node")

    once("node", package.read_text(), make)


def azurite():
    """The script of Azurite's blob server."""
    node_packages()
    return AZURITE / "dist" / "src" / "blob" / "main.js"


def prism():
    """The script of Prism."""
    node_packages()
    return PRISM / "dist" / "index.js"


def nginx():
    """The nginx that is installed, else Debian's, unpacked and not installed."""
    if installed := shutil.which("nginx"):
        return installed
    folder = PEERS / "nginx"

    def make():
        folder.mkdir(parents=True, exist_ok=True)
        run("apt-get", "download", "nginx", cwd=folder)
        package = next(folder.glob("nginx_*.deb"))
        run("dpkg", "-x", package, folder)

    once("nginx", platform.freedesktop_os_release().get("PRETTY_NAME", ""), make)
    return folder / "usr" / "sbin" / "nginx"


def versions():
    """What is there, as text for the results."""
    found = []
    if PYTHON.exists():
        listed = subprocess.run([PYTHON, "-m", "pip", "freeze"], capture_output=True, text=True).stdout
        wanted = ("fastapi", "uvicorn", "python-multipart", "uvloop", "httptools", "moto")
        found += [line.replace("==", " ") for line in listed.splitlines() if line.lower().split("==")[0] in wanted]
        found.append(f"Python {platform.python_version()}")
    installed = [(name, folder) for name, folder in (("Azurite", AZURITE), ("Prism", PRISM)) if folder.exists()]
    for name, folder in installed:
        found.append(f"{name} {json.loads((folder / 'package.json').read_text())['version']}")
    if installed:
        node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
        found.append(f"Node.js {node}")
    try:
        said = subprocess.run([nginx(), "-v"], capture_output=True, text=True).stderr
        found.append(said.strip().removeprefix("nginx version: ").replace("/", " "))
    except (BenchError, OSError):
        pass
    return ", ".join(found)
