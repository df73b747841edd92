#!/usr/bin/env python3
"""What a web page of another origin may do, in a real browser: Chromium, without a window.

    python3 tests/browser/cors.py [--binary PATH]

A page on localhost calls a server on 127.0.0.1, another site, with `fetch`, `FormData` and the headers of a client. It
is told of everything that a page can see: the server with `--cors-origin` for it, with `--cors-origin '*'`, and without.

Where there is no Chromium, it is installed by apt. Where that cannot be, the last lines say what was left out; with CI
in the environment that is a failure.
"""

import argparse
import html
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CLIENT = {"Authorization": "OAuth page", "X-Org-ID": "page"}

PAGE = """<!doctype html><pre id="outcome"></pre><script>
const server = new URLSearchParams(location.search).get("server");
const client = CLIENT;
const outcome = {};
async function attempt(name, path, init, look) {
  try {
    const answer = await fetch(server + path, init);
    const shown = ["x-request-id", "x-total-count", "x-total-pages", "link", "etag", "content-disposition", "date"];
    const headers = Object.fromEntries(shown.map(name => [name, answer.headers.get(name)]));
    outcome[name] = {type: answer.type, status: answer.status, headers, body: await answer.text()};
  } catch (error) {
    outcome[name] = error.name;
  }
  return outcome[name];
}
(async () => {
  const form = new FormData();
  form.append("file", new File(["Hello from a page"], "page.txt", {type: "text/plain"}));
  const uploaded = await attempt("upload", "/v2/attachments/", {method: "POST", headers: client, body: form});
  const content = uploaded.body ? new URL(JSON.parse(uploaded.body).content).pathname : "/v2/attachments/1/page.txt";
  await attempt("download", content, {headers: client});
  await attempt("list", "/v2/queues/?perPage=1", {headers: client});
  await attempt("control", "/_mock/requests?org=page", {});
  // What needs no leave of the server is sent in any case, and must not be carried out.
  await attempt("reset", "/_mock/reset?org=kept", {method: "POST", mode: "no-cors"});
  document.getElementById("outcome").textContent = JSON.stringify(outcome);
})();
</script>""".replace("CLIENT", json.dumps(CLIENT))


class PageServer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server:
    """A tracker-mock, with a file in the world `kept`."""

    def __init__(self, binary, *options):
        env = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_MOCK_")}
        command = [binary, "--port", "0", "--log-level", "error", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        self.url = self.process.stdout.readline().split()[-1]
        form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ntext\r\n--b--\r\n'
        self.call("/v2/attachments/", form, {"Content-Type": "multipart/form-data; boundary=b"})

    def call(self, path, body=None, headers=None):
        headers = {**CLIENT, "X-Org-ID": "kept", **(headers or {})}
        request = urllib.request.Request(self.url + path, body, headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(request, timeout=10).read()

    def keeps_its_file(self):
        return len(json.loads(self.call("/_mock/state?org=kept"))["temporaryFiles"]) == 1

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def find_browser():
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        leave_out("there is no Chromium, and only root can install it by apt")
    print("installing Chromium by apt", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", "--quiet", *command], env=env, capture_output=True, text=True)
        if done.returncode != 0:
            leave_out(f"Chromium cannot be installed: {(done.stderr.strip().splitlines() or ['apt-get failed'])[-1]}")
    return shutil.which("chromium") or leave_out("apt installed Chromium, but it is not on the PATH")


def leave_out(reason):
    print(f"tests/browser/cors.py: LEFT OUT: what a web page may do was not tried in a browser: {reason}")
    sys.exit(1 if os.environ.get("CI") else 0)


def visit(browser, page, server):
    """What the page wrote when it had tried everything."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--no-proxy-server", f"--user-data-dir={profile}", "--virtual-time-budget=60000", "--dump-dom",
            f"{page}/?server={server.url}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    outcome = re.search(r'<pre id="outcome">(.+?)</pre>', done.stdout, re.DOTALL)
    if outcome is None:
        sys.exit(f"tests/browser/cors.py: the page did not end: {done.stdout[-500:]} {done.stderr[-500:]}")
    return json.loads(html.unescape(outcome[1]))


def check(what, found, expected):
    if found != expected:
        sys.exit(f"tests/browser/cors.py: {what}: {found!r}, not {expected!r}")


def check_api(outcome):
    """A page that may use the server sends what clients send, and reads what they read."""
    check("calls that failed", [name for name, answer in outcome.items() if isinstance(answer, str)], [])
    uploaded, downloaded, listed = outcome["upload"], outcome["download"], outcome["list"]
    check("upload", (uploaded["status"], uploaded["type"]), (201, "cors"))
    file = json.loads(uploaded["body"])
    check("uploaded file", (file["name"], file["size"], file["mimetype"]), ("page.txt", 17, "text/plain"))
    check("download", (downloaded["status"], downloaded["body"]), (200, "Hello from a page"))
    readable = ["content-disposition", "etag", "x-request-id"]
    check("headers of the download", sorted(n for n, value in downloaded["headers"].items() if value), readable)
    check("list", (listed["status"], len(json.loads(listed["body"]))), (200, 1))
    counts = (listed["headers"]["x-total-count"], listed["headers"]["x-total-pages"])
    check("counts", counts, ("2", "2"))
    check("links", 'rel="next"' in (listed["headers"]["link"] or ""), True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
    default = os.environ.get("TRACKER_MOCK_BIN", target / "release" / "tracker-mock")
    parser.add_argument("--binary", type=Path, default=default)
    binary = parser.parse_args().binary
    browser = find_browser()
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PageServer)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    page = f"http://localhost:{pages.server_port}"
    refused = {"errors": {}, "statusCode": 403, "errorMessages": [
        f"A web page of {page} may not call the control plane. To let it, start the server with --cors-origin {page}."]}

    for options in (["--cors-origin", page], ["--cors-origin", "*"], []):
        server = Server(binary, *options)
        try:
            outcome = visit(browser, page, server)
            control = outcome["control"]
            if not options:
                blocked = [name for name in ("upload", "download", "list", "control") if outcome[name] == "TypeError"]
                check("what a foreign page cannot do", blocked, ["upload", "download", "list", "control"])
            elif options[1] == page:
                check_api(outcome)
                check("control plane", (control["status"], len(json.loads(control["body"]))), (200, 3))
            else:
                check_api(outcome)
                check("control plane", (control["status"], json.loads(control["body"])), (403, refused))
            # The page sees nothing of it, whether it was carried out or not.
            check("reset", (outcome["reset"]["type"], outcome["reset"]["status"]), ("opaque", 0))
            check("whether the world is as it was", server.keeps_its_file(), options != ["--cors-origin", page])
        finally:
            server.stop()
    print("tests/browser/cors.py: a page of another origin was tried in three servers, and did what it may")


if __name__ == "__main__":
    main()
