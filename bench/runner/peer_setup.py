"""Gets the peers into bench/.peers, which git ignores. What is there already, from the same pins, is left as it is."""

import platform
import re
import shutil
import subprocess
import sys

from .paths import BENCH, PEERS
from .server import BenchError

PINS = BENCH / "peers"
PYTHON = PEERS / "venv" / "bin" / "python"
AZURITE = PEERS / "node" / "node_modules" / "azurite"
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


def azurite():
    """Azurite from npm; the script of its blob server."""
    package = PINS / "package.json"

    def make():
        (PEERS / "node").mkdir(exist_ok=True)
        shutil.copy(package, PEERS / "node")
        run("npm", "install", "--no-audit", "--no-fund", cwd=PEERS / "node")

    once("azurite", package.read_text(), make)
    return AZURITE / "dist" / "src" / "blob" / "main.js"


def nginx():
    """The nginx that is installed, else Debian's, unpacked and not installed."""
    if installed := shutil.which("nginx"):
        return installed
    folder = PEERS / "nginx"

    def make():
        folder.mkdir(exist_ok=True)
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
    if AZURITE.exists():
        package = (AZURITE / "package.json").read_text()
        node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
        found.append(f"Azurite {re.search(r'.version.: .([0-9.]+)', package)[1]} on Node.js {node}")
    try:
        said = subprocess.run([nginx(), "-v"], capture_output=True, text=True).stderr
        found.append(said.strip().removeprefix("nginx version: ").replace("/", " "))
    except (BenchError, OSError):
        pass
    return ", ".join(found)
