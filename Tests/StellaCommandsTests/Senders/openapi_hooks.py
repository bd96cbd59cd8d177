"""What schemathesis has to know of bodies that are not JSON."""
import json

import schemathesis


@schemathesis.deserializer("application/x-ndjson")
def lines(_context, response):
    return [json.loads(line) for line in response.text.split("\n") if line]


@schemathesis.serializer("application/x-ndjson", "application/x-protobuf")
def body(_context, value):
    if isinstance(value, bytes):
        return value
    return value.encode(errors="replace") if isinstance(value, str) else json.dumps(value).encode()
