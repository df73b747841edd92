#!/usr/bin/env python3
"""Runs the steps of action.yml as GitHub would, with bash and files for what steps tell each other, and formula.sh.

    python3 integrations/ci/test.py [--binary PATH]

A release to download from is a folder that a local server serves.
"""

import argparse
import contextlib
import functools
import hashlib
import http.server
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
import check as schemas  # noqa: E402
import programs  # noqa: E402

ARCHIVE = "tracker-mock-x86_64-unknown-linux-gnu.tar.gz"
TARGETS = ("aarch64-apple-darwin", "x86_64-apple-darwin", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
    usual = os.environ.get("TRACKER_MOCK_BIN", target / "release" / "tracker-mock")
    parser.add_argument("--binary", type=Path, default=usual)
    binary = parser.parse_args().binary.resolve()
    a_job_has_a_server_until_it_finishes(binary)
    a_strict_job_fails_with_the_findings(binary)
    low_coverage_fails(binary)
    mistakes_are_told(binary)
    a_release_is_downloaded_and_checked(binary)
    the_formula_is_complete()
    print("integrations/ci/test.py: the steps of action.yml and formula.sh did what they should")


def a_job_has_a_server_until_it_finishes(binary):
    with Job() as job:
        started = job.use(program=str(binary), options="--known-orgs one,two --log-level error")
        equal("start", started.code, 0)
        equal("output", started.outputs, {"url": job.env["TRACKER_MOCK_URL"]})
        equal("a request", ask(job, "/v2/myself", "one"), 200)
        equal("an option", ask(job, "/v2/myself", "three"), 403)
        finished = job.use(mode="finish", strict="true")
        equal("finish", (finished.code, finished.printed), (0, ""))
        equal("summary", "| `get_myself` | 2 of " in job.summary(), True)
        equal("the server", ask(job, "/v2/myself", "one"), None)
        again = job.use(mode="finish")
        equal("finish again", (again.code, again.printed), (1, "::error::tracker-mock was not started in this job\n"))


def a_strict_job_fails_with_the_findings(binary):
    found = (
        "::error::tracker-mock found what no test should let pass\n"
        "unknown-parameter: request 1, GET /v2/myself: "
        'The parameter "foo" is not documented for get_myself and was ignored; it has none.\n'
        "unexpected-body: request 2, GET /v2/myself: "
    )
    for allow, expected in (("", (1, found)), ("unexpected-body  unknown-parameter", (0, "")), ("no-kind", (1, None))):
        with Job() as job:
            job.use(program=str(binary))
            ask(job, "/v2/myself?foo=1", "one")
            ask(job, "/v2/myself", "one", b"a body")
            finished = job.use(mode="finish", strict="true", allow=allow)
            shown = finished.printed[: len(found)] if expected[1] is not None else None
            equal(f"finish with {allow!r} allowed", (finished.code, shown), expected)


def low_coverage_fails(binary):
    for percent, code in (("0.1", 0), ("50", 1)):
        with Job() as job:
            job.use(program=str(binary))
            ask(job, "/v2/myself", "one")
            equal(f"finish with {percent} % due", job.use(mode="finish", **{"fail-under": percent}).code, code)


def mistakes_are_told(binary):
    with Job() as job:
        started = job.use(program=str(binary), options="--no-such-option")
        equal("start", (started.code, "--no-such-option" in started.printed), (1, True))
        equal("what it says", started.printed.splitlines()[-1], "::error::tracker-mock does not start")
        other = job.use(mode="stop")
        message = "::error::tracker-mock has the modes start and finish\n"
        equal("another mode", (other.code, other.printed), (1, message))


def a_release_is_downloaded_and_checked(binary):
    with Job() as job, tempfile.TemporaryDirectory() as site:
        release = Path(site) / "owner" / "tracker-mock" / "releases" / "download" / "v0.1.0"
        release.mkdir(parents=True)
        with tarfile.open(release / ARCHIVE, "w:gz") as archive:
            archive.add(binary, "tracker-mock")
        handler = functools.partial(Quiet, directory=site)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        job.env |= {"GITHUB_SERVER_URL": url, "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "PATH": without_the_program()}
        digest = hashlib.sha256((release / ARCHIVE).read_bytes()).hexdigest()
        where = f"{url}/owner/tracker-mock/releases/download/v0.1.0"
        for sums, expected in (
            (f"{'0' * 64}  {ARCHIVE}\n", f"::error::{where}/{ARCHIVE} is not what SHA256SUMS says\n"),
            (f"{digest}  other.tar.gz\n", f"::error::{where}/{ARCHIVE} is not what SHA256SUMS says\n"),
        ):
            (release / "SHA256SUMS").write_text(sums)
            refused = job.use()
            equal("a release with wrong sums", (refused.code, refused.printed), (1, expected))
        (release / "SHA256SUMS").write_text(f"{'1' * 64}  other.tar.gz\n{digest}  {ARCHIVE}\n")
        equal("a release", job.use().code, 0)
        equal("a request", ask(job, "/v2/myself", "one"), 200)
        equal("finish", job.use(mode="finish").code, 0)
        server.shutdown()


def the_formula_is_complete():
    with tempfile.NamedTemporaryFile("w", suffix="SUMS") as sums:
        command = [HERE / "formula.sh", "1.2.3", "https://example.org/tracker-mock", sums.name]
        run = functools.partial(subprocess.run, command, capture_output=True, text=True)
        missing = run()
        equal("without sums", (missing.returncode, len(missing.stderr.splitlines())), (1, 5))
        lines = [f"{number:064x}  tracker-mock-{target}.tar.gz\n" for number, target in enumerate(TARGETS)]
        sums.write("".join(lines))
        sums.flush()
        formula = run().stdout
    found = re.findall(r'tracker-mock-([a-z0-9_-]+)\.tar\.gz"\n +sha256 "(\w+)"', formula)
    equal("sums", found, [(target, f"{number:064x}") for number, target in enumerate(TARGETS)])
    url = 'url "https://example.org/tracker-mock/releases/download/v#{version}/tracker-mock-'
    equal("addresses", (formula.count(url), 'version "1.2.3"' in formula), (4, True))


class Job:
    """A job that uses the action, one step after the other."""

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.env = {**kept, "RUNNER_TEMP": str(self.folder), "GITHUB_ACTION_PATH": str(HERE)}
        return self

    def __exit__(self, *error):
        with contextlib.suppress(FileNotFoundError):
            os.kill(int((self.folder / "tracker-mock" / "pid").read_text()), 15)
        self.stack.close()

    def use(self, **inputs):
        action = schemas.read_yaml(HERE / "action.yml")
        values = {f"inputs.{name}": given["default"] for name, given in action["inputs"].items()}
        values |= {f"inputs.{name}": value for name, value in inputs.items()}
        values |= {"github.action_repository": "owner/tracker-mock", "github.action_ref": "v0.1.0"}
        for step in action["runs"]["steps"]:
            condition = re.sub(r"inputs\.mode", repr(values["inputs.mode"]), step["if"]).replace("&&", "and")
            if eval(condition):
                fill = lambda text: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)
                return self.step(step["run"], {name: fill(text) for name, text in step.get("env", {}).items()})

    def step(self, script, env):
        told = {name: self.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
        told["GITHUB_OUTPUT"].write_text("")
        told["GITHUB_ENV"].write_text("")
        env = {**self.env, **env, **{name: str(file) for name, file in told.items()}}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        pairs = lambda name: dict(line.split("=", 1) for line in told[name].read_text().splitlines())
        self.env |= pairs("GITHUB_ENV")
        return Done(done.returncode, done.stdout, pairs("GITHUB_OUTPUT"))

    def summary(self):
        return (self.folder / "GITHUB_STEP_SUMMARY").read_text()


class Done:
    """What a step came to."""

    def __init__(self, code, printed, outputs):
        self.code, self.printed, self.outputs = code, printed, outputs


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def ask(job, path, org, body=None):
    """The status of an answer; None if nobody answers."""
    headers = {"Authorization": "OAuth any", "X-Org-ID": org, "Content-Type": "application/json"}
    request = urllib.request.Request(job.env["TRACKER_MOCK_URL"] + path, body, headers, method="GET")
    try:
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError:
        return None


def without_the_program():
    folders = os.environ["PATH"].split(":")
    return ":".join(folder for folder in folders if not (Path(folder) / "tracker-mock").exists())


def equal(what, found, expected):
    if found != expected:
        sys.exit(f"integrations/ci/test.py: {what}: {found!r}, not {expected!r}")


if __name__ == "__main__":
    schemas.run_inside(__file__)
    programs.need("integrations/ci/test.py", {"curl": "curl"})
    main()
