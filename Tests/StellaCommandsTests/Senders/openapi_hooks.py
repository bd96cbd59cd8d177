"""What schemathesis has to know of bodies that are not JSON."""
import json
import os

import schemathesis


@schemathesis.deserializer("application/x-ndjson")
def lines(_context, response):
    return [json.loads(line) for line in response.text.split("\n") if line]


@schemathesis.serializer("application/x-ndjson", "application/x-protobuf")
def body(_context, value):
    if isinstance(value, bytes):
        return value
    return value.encode(errors="replace") if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.hook
def after_call(_context, case, response):
    with open(os.environ["STELLA_TALLY"], "a") as tally:
        tally.write(f"{response.status_code} {case.operation.method.upper()} {case.operation.path}\n")
