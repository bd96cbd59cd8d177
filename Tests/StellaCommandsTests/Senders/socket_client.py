"""Listens at a server's WebSocket, and prints what comes as JSON lines: messages, and at last how it was closed.

    socket_client.py URL [ORIGIN], with a secret in STELLA_SESSION or STELLA_COOKIE and the certificate to believe in
    STELLA_AUTHORITY; each line of standard input is sent, `ping` as a ping, `binary` as bytes, `slow` ends the reading until `read`,
    `close` closes.
"""
import asyncio
import json
import os
import ssl
import sys

import websockets
from websockets.asyncio.client import connect


def say(**members):
    print(json.dumps(members), flush=True)


async def obey(socket, reading):
    loop = asyncio.get_running_loop()
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        if line == "ping":
            waiter = await socket.ping(b"there?")
            await waiter
            say(pong=True)
        elif line == "slow":
            reading.cancel()
            socket.transport.pause_reading()
            say(slow=True)
        elif line == "read":
            socket.transport.resume_reading()
            asyncio.create_task(read(socket, prints=False))
        elif line == "binary":
            await socket.send(b"bytes")
        elif line == "close":
            await socket.close()
        else:
            await socket.send(line)


async def read(socket, prints=True):
    async for message in socket:
        if prints:
            say(message=json.loads(message))


async def main():
    url, origin = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    headers = {}
    if secret := os.environ.get("STELLA_SESSION"):
        headers["Authorization"] = "Bearer " + secret
    if cookie := os.environ.get("STELLA_COOKIE"):
        headers["Cookie"] = cookie
    authority = os.environ.get("STELLA_AUTHORITY")
    context = ssl.create_default_context(cafile=authority) if authority else None
    try:
        async with connect(
            url, origin=origin, additional_headers=headers, proxy=None, ssl=context, ping_interval=None
        ) as socket:
            say(open=True)
            reading = asyncio.create_task(read(socket))
            obeying = asyncio.create_task(obey(socket, reading))
            await socket.wait_closed()
            await asyncio.gather(reading, return_exceptions=True)
            obeying.cancel()
            say(code=socket.close_code, reason=socket.close_reason)
    except websockets.exceptions.InvalidStatus as failure:
        say(status=failure.response.status_code, body=failure.response.body.decode())
    # The thread that waits for a line.
    os._exit(0)


asyncio.run(main())
