"""What schemathesis is told in Python: how timestamps look, and to start afresh now and then.

Requests delete what the world began with, and then every request is answered 404.
"""

import datetime
import os
import urllib.request

import schemathesis
from hypothesis import strategies

CALLS_BETWEEN_RESETS = 200

schemathesis.openapi.format(
    "timestamp",
    strategies.datetimes(datetime.datetime(2023, 12, 1), datetime.datetime(2024, 2, 1)).map(
        lambda time: time.isoformat(timespec="milliseconds") + "+0000"
    ),
)

calls = 0


@schemathesis.hook
def after_call(context, case, response):
    global calls
    calls += 1
    if os.environ.get("FUZZ_RESET") and calls % CALLS_BETWEEN_RESETS == 0:
        urllib.request.urlopen(urllib.request.Request(os.environ["FUZZ_RESET"], method="POST")).close()
