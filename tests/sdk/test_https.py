"""Clients with the URL of the real service, under `tracker-mock run --https`: the table in docs/run.md, measured.

Programs that are missing are installed by apt; where that cannot be, their tests are skipped and say so, and with CI in the
environment they fail.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
import world
from programs import program

REAL = "https://api.tracker.yandex.net"
HEADERS = {"Authorization": "OAuth t", "X-Org-ID": "run"}
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "run.md"

PYTHON = f"url, headers = {REAL + '/v2/myself'!r}, {HEADERS!r}\n"

URLLIB = """
import urllib.request
print(urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status)
"""

REQUESTS = """
import requests
print(requests.get(url, headers=headers).status_code)
"""

HTTPX = """
import httpx
print(httpx.get(url, headers=headers).status_code)
"""

HTTPX_HTTP2 = """
import httpx
with httpx.Client(http2=True) as client:
    print(client.get(url, headers=headers).status_code)
"""

AIOHTTP = """
import aiohttp, asyncio
async def ask():
    async with aiohttp.ClientSession(trust_env=True) as session:
        async with session.get(url, headers=headers) as answer:
            print(answer.status)
asyncio.run(ask())
"""

OFFICIAL = """
from yandex_tracker_client import TrackerClient
client = TrackerClient(token="t", org_id="run")
print(200 if client.myself.login else None)
"""

NODE = """
const headers = %s;
fetch(process.argv[1], {headers}).then(async (answer) => { await answer.text(); console.log(answer.status); });
""" % json.dumps(HEADERS)

JAVA = """
import java.net.URI;
import java.net.http.*;
public class Ask {
    public static void main(String[] words) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("%s/v2/myself"));
        var asked = request.header("Authorization", "OAuth t").header("X-Org-ID", "run").build();
        System.out.println(HttpClient.newHttpClient().send(asked, HttpResponse.BodyHandlers.ofString()).statusCode());
    }
}
""" % REAL

GO = """
package main

import ("fmt"; "net/http")

func main() {
	request, _ := http.NewRequest("GET", "%s/v2/myself", nil)
	request.Header.Set("Authorization", "OAuth t")
	request.Header.Set("X-Org-ID", "run")
	answer, err := http.DefaultClient.Do(request)
	if err != nil { panic(err) }
	fmt.Println(answer.StatusCode)
}
""" % REAL


def python(script):
    return [sys.executable, "-c", PYTHON + script]


def curl(*options):
    headers = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
    return [program("curl"), "-sS", "-o", os.devnull, "-w", "%{http_code}\n", *headers, *options, REAL + "/v2/myself"]


# By the name in the table: the command, and the protocol that it speaks.
CLIENTS = {
    "Python: urllib": (lambda _: python(URLLIB), "HTTP/1.1"),
    "Python: requests": (lambda _: python(REQUESTS), "HTTP/1.1"),
    "Python: httpx": (lambda _: python(HTTPX), "HTTP/1.1"),
    "Python: httpx with `http2=True`": (lambda _: python(HTTPX_HTTP2), "HTTP/2"),
    "Python: aiohttp with `trust_env=True`": (lambda _: python(AIOHTTP), "HTTP/1.1"),
    "Python: yandex_tracker_client": (lambda _: python(OFFICIAL), "HTTP/1.1"),
    "curl": (lambda _: curl("--http1.1"), "HTTP/1.1"),
    "curl with `--http2`": (lambda _: curl("--http2"), "HTTP/2"),
    "Java: HttpClient": (lambda folder: java(folder), "HTTP/2"),
    "Go: net/http": (lambda folder: go(folder), "HTTP/2"),
}


def java(folder):
    source = folder / "Ask.java"
    source.write_text(JAVA, "utf-8")
    return [program("java", "default-jdk-headless"), source]


def go(folder):
    source = folder / "ask.go"
    source.write_text(GO, "utf-8")
    return [program("go", "golang-go"), "run", source]


def run(options, command, mode="run", **variables):
    """A run of tracker-mock, without what this machine says of proxies and certificates."""
    names = ("_PROXY", "_CERT_FILE", "_CA_BUNDLE", "TRACKER_MOCK_", "JAVA_TOOL_OPTIONS")
    env = {name: value for name, value in os.environ.items() if not any(part in name.upper() for part in names)}
    words = [os.environ["TRACKER_MOCK_BINARY"], mode, *options, "--", *command]
    return subprocess.run(words, capture_output=True, text=True, env={**env, **variables}, timeout=120)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_finds_the_real_url(name, tmp_path):
    command, protocol = CLIENTS[name]
    har = tmp_path / "run.har"
    ran = run(["--https", "--deny-others", "--strict", "--har", har], command(tmp_path))
    assert (ran.returncode, ran.stdout) == (0, "200\n"), ran.stderr
    summary = "1 request, 0 uploads, 0 faults fired, 0 deviations, 1 world, 0 tunnels to other hosts, no host refused"
    assert ran.stderr.splitlines()[-1] == f"tracker-mock: {summary}"
    (entry,) = json.loads(har.read_text("utf-8"))["log"]["entries"]
    assert (entry["request"]["url"], entry["request"]["httpVersion"]) == (REAL + "/v2/myself", protocol)


def test_node_trusts_the_certificate(tmp_path):
    """And from version 24 on it finds the real URL; before that it would ask the real service."""
    node = program("node", "nodejs")
    version = int(re.match(r"v(\d+)", subprocess.run([node, "--version"], capture_output=True, text=True).stdout)[1])
    places = ["https://localhost:{port}/v2/myself", *([REAL + "/v2/myself"] if version >= 24 else [])]
    for place in places:
        script = tmp_path / "ask.sh"
        script.write_text('exec "$0" -e "$ASK" "$PLACE"', "utf-8")
        ran = run(["--https", "--deny-others", "--env", f"PLACE={place}"], ["sh", "-c", script.read_text(), node], ASK=NODE)
        assert (ran.returncode, ran.stdout) == (0, "200\n"), ran.stderr


def test_the_table_of_the_page_names_the_clients():
    rows = [line.split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    measured = {cells[1].strip(): cells[2].strip() for cells in rows if cells[2].strip() in ("HTTP/1.1", "HTTP/2")}
    assert measured == {name: protocol for name, (_, protocol) in CLIENTS.items()}


FLOW = f"""
import sys
from yandex_tracker_client import TrackerClient
issue = TrackerClient(token="t", org_id="run").issues[{world.ISSUE!r}]
created = issue.attachments.create(sys.argv[1])
print(created.content)
created.download_to(sys.argv[2])
"""


def test_the_official_client_uploads_and_downloads_by_its_default_url(note, tmp_path):
    back = tmp_path / "back"
    back.mkdir()
    ran = run(["--https", "--deny-others", "--strict"], [sys.executable, "-c", FLOW, note, back])
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{REAL}/v2/issues/{world.ISSUE}/attachments/")
    assert (back / "note.txt").read_bytes() == pathlib.Path(note).read_bytes()


SHOW = """
openssl s_client -connect "$PLACE" -servername api.tracker.yandex.net -showcerts < /dev/null 2> /dev/null |
    openssl x509 -out leaf.pem
openssl verify -x509_strict -purpose sslserver -CAfile "$CA" leaf.pem
openssl x509 -in leaf.pem -noout -ext subjectAltName,keyUsage,extendedKeyUsage,basicConstraints
"""


def test_openssl_verifies_the_certificate(tmp_path):
    program("openssl")
    shell = ["sh", "-c", f"cd '{tmp_path}'; {SHOW}"]
    ran = run(["--https", "--as-host", "mock.example", "--env", "PLACE={host}:{port}", "--env", "CA={ca}"], shell)
    lines = [line.strip() for line in ran.stdout.splitlines()]
    assert lines[0] == "leaf.pem: OK", ran.stdout + ran.stderr
    names = ["api.tracker.yandex.net", "api.tracker.yandex.com", "tracker.yandex.net", "mock.example", "localhost"]
    expected = [*(f"DNS:{name}" for name in names), "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"]
    assert lines[lines.index("X509v3 Subject Alternative Name:") + 1].split(", ") == expected
    assert "TLS Web Server Authentication" in lines
    assert not any("CA:TRUE" in line for line in lines)


def test_doctor_says_what_aiohttp_ignores():
    script = "import asyncio, aiohttp"  # Nothing is asked: without trust_env it would ask the real service.
    ran = run([], [sys.executable, "-c", script], mode="doctor")
    assert ran.returncode == 1
    assert "aiohttp ignores HTTPS_PROXY unless its session has trust_env=True" in ran.stdout
