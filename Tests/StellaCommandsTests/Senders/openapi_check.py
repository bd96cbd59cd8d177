"""Validates the OpenAPI document of a server, and asks the server everything that it tells of (schemathesis).

    openapi_check.py ADDRESS, with the secrets of a session and of a token for events in STELLA_SESSION and STELLA_EVENTS
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections import Counter
import urllib.request

from openapi_spec_validator import validate

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def fetch(address, secret):
    request = urllib.request.Request(
        address + "/api/v1/openapi.json", headers={"Authorization": "Bearer " + secret})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def fuzz(address, secret, place, seconds, more):
    # What is in a file is in no list of processes.
    (place / "schemathesis.toml").write_text(
        f'hooks = "openapi_hooks"\n[headers]\nAuthorization = "Bearer {secret}"\n')
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", "openapi.json", "--url", address, "--checks", CHECKS,
        "--max-examples", "6", "--phases", "examples,coverage,fuzzing", "--seed", "4711", "--no-shrink",
        "--request-timeout", "30", "--rate-limit", "90/s", "--max-time", str(seconds), "--continue-on-failure",
        "--suppress-health-check", "all", "--warnings", "off", "--generation-database", "none", *more,
    ]
    senders = str(pathlib.Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": senders, "STELLA_TALLY": str(place / "tally")}
    return subprocess.run(command, cwd=place, env=environment, stdout=sys.stderr).returncode


def blind_spots(place, document):
    """What was never answered as it is meant to be, so that nothing was found out about it; and a tally for people."""
    tally = [line.split(" ", 1) for line in (place / "tally").read_text().splitlines()]
    print(Counter(status for status, _ in tally), file=sys.stderr)
    done = {operation for status, operation in tally if status.startswith("2")}
    wanted = {
        f"GET {path}" for path, item in document["paths"].items()
        if "get" in item and "{" not in path and not path.endswith("stream") and not path.endswith("/ws")
        # Where no site is declared there is no script for one.
        and path != "/stella.js"}
    return sorted(wanted - done)


def main():
    address, session, events = sys.argv[1], os.environ["STELLA_SESSION"], os.environ["STELLA_EVENTS"]
    document = fetch(address, session)
    validate(document)
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        (place / "openapi.json").write_text(json.dumps(document))
        # A stream has no end, and who logs out can ask nothing more.
        left_out = ["--exclude-tag", "intake", "--exclude-path-regex", "stream|/ws$", "--exclude-operation-id", "logOut"]
        codes = [
            fuzz(address, session, place, 35, left_out),
            fuzz(address, events, place, 10, ["--include-tag", "intake"]),
        ]
        missed = blind_spots(place, document)
    if missed:
        print("never answered:", ", ".join(missed), file=sys.stderr)
    print(len(document["paths"]))
    sys.exit(1 if missed else max(codes))


main()
