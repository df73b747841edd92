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
def before_load_schema(context, raw_schema):
    """Leaves `Prefer` out: whatever status it asks for is right then, and this looks for those that are wrong."""
    prefer = {"$ref": "#/components/parameters/Prefer"}
    for path in raw_schema["paths"].values():
        for part in path.values():
            # Of one operation, or of all that share the path.
            parameters = part if isinstance(part, list) else part.get("parameters", [])
            if prefer in parameters:
                parameters.remove(prefer)


@schemathesis.hook
def filter_query(context, query):
    """What is sent as `?expand=` is no value and right, whatever wrong value it was made from."""
    return query is None or all(query.get(name, "a") not in ("", [], [""], {}, None) for name in ("expand", "fields"))


@schemathesis.hook
def after_call(context, case, response):
    global calls
    calls += 1
    if calls % CALLS_BETWEEN_RESETS == 1 and "FUZZ_STATE" in os.environ:
        load(os.environ["FUZZ_STATE"])


def load(url):
    """Copies the world `seed`. A reset would forget the coverage too."""
    with urllib.request.urlopen(f"{url}?org=seed") as answer:
        state = answer.read()
    urllib.request.urlopen(urllib.request.Request(f"{url}?org=fuzz", data=state, method="PUT")).close()
