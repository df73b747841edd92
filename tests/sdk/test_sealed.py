"""Clients with nothing but the real URL, under `tracker-mock run --sealed`: not one of them is told where the server is."""

import os
import pathlib
import subprocess
import sys

import pytest
from programs import program

pytestmark = pytest.mark.usefixtures("namespaces")

URL = "https://api.tracker.yandex.net/v2/myself"
HEADERS = '{"Authorization": "OAuth any-token", "X-Org-ID": "run"}'


def python(code):
    return [sys.executable, "-I", "-B", "-c", code.replace("URL", repr(URL)).replace("HEADERS", HEADERS)]


CLIENTS = {
    "the official client": python(
        "from yandex_tracker_client import TrackerClient; print(TrackerClient(token='any', org_id='run').myself.login)"
    ),
    "urllib": python(
        "import json, urllib.request as u; print(json.load(u.urlopen(u.Request(URL, headers=HEADERS)))['login'])"
    ),
    "requests": python("import requests; print(requests.get(URL, headers=HEADERS).json()['login'])"),
    "httpx": python("import httpx; print(httpx.get(URL, headers=HEADERS).json()['login'])"),
    "aiohttp": python(
        """
import asyncio, aiohttp
async def main():
    async with aiohttp.ClientSession(headers=HEADERS) as session, session.get(URL) as answer:
        print((await answer.json())['login'])
asyncio.run(main())"""
    ),
    "curl": ["curl", "-sS", "-H", "Authorization: OAuth any-token", "-H", "X-Org-ID: run", URL],
    "Node's fetch": [
        "node",
        "-e",
        f"fetch('{URL}', {{headers: {HEADERS}}}).then(a => a.json()).then(a => console.log(a.login))",
    ],
    "Node's https": [
        "node",
        "-e",
        f"require('https').get('{URL}', {{headers: {HEADERS}}}, a => a.on('data', part => process.stdout.write(part)))",
    ],
}


# Debian's packages, where they have other names.
PACKAGES = {"node": "nodejs"}


def run(*command, options=("--sealed",), **changes):
    # As on a machine without any setting for proxies or certificates.
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_MOCK_")}
    env.update(changes)
    words = [os.environ["TRACKER_MOCK_BINARY"], "run", *options, "--", *command]
    return subprocess.run(words, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_needs_no_change(name):
    command = CLIENTS[name]
    if command[0] != sys.executable:
        program(command[0], PACKAGES.get(command[0]))
    # A proxy that the machine has could not be reached, so it is taken away.
    done = run(*command, HTTPS_PROXY="http://127.0.0.1:1", https_proxy="http://127.0.0.1:1")
    assert done.returncode == 0, done.stderr
    assert "author" in done.stdout
    assert done.stderr.startswith("tracker-mock: 1 request, "), done.stderr


def test_the_plain_url_works_too():
    code = "import os, urllib.request as u; print(u.urlopen(os.environ['TRACKER_MOCK_URL'] + '/_mock/health').status)"
    done = run(sys.executable, "-c", code)
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://example.org", "socket.gaierror"),
        ("https://localhost.example.org", "socket.gaierror"),
        ("https://192.0.2.1", "Network is unreachable"),
        ("https://[2001:db8::1]", "Network is unreachable"),
        ("https://127.0.0.1:9", "Connection refused"),
    ],
)
def test_nothing_else_is_there(url, reason):
    code = f"import urllib.request as u; u.urlopen('{url}', timeout=50)"
    done = run(sys.executable, "-c", code)
    assert done.returncode == 1
    assert reason in done.stderr


def test_the_machine_is_as_before():
    files = [path for path in map(pathlib.Path, ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf")) if path.exists()]
    before = [path.read_bytes() for path in files]
    done = run("sh", "-c", 'echo "$SSL_CERT_FILE"; cat /etc/hosts')
    folder, _, hosts = done.stdout.partition("/bundle.pem\n")
    assert "127.0.0.1 api.tracker.yandex.net" in hosts
    assert not pathlib.Path(folder).exists()
    assert [path.read_bytes() for path in files] == before


def test_more_names_lead_there():
    code = "import urllib.request as u; print(u.urlopen('https://tracker.example.com/_mock/health').status)"
    allowed = ("--allowed-hosts", "tracker.example.com")
    done = run(sys.executable, "-c", code, options=("--sealed", "--https", "--as-host", "tracker.example.com", *allowed))
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr
