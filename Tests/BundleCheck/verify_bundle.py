"""Verifies a bundle of Stella's execution log, from the page ExecutionLogV1.md alone and without a line of Stella's.

    python3 verify_bundle.py BUNDLE PUBLIC-KEY

Chain, rotations and checkpoints; signatures by the openssl program. Prints `intact FIRST LAST SIGNED`, or what is wrong.
"""

import hashlib
import os
import struct
import subprocess
import sys
import tempfile

MAGIC = b"stella-log-bundle/v1\n"


class Fault(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Fault(what)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def is_signed(key, signature, statement):
    # RFC 8410: the prefix of a SubjectPublicKeyInfo for Ed25519.
    der = bytes.fromhex("302a300506032b6570032100") + key
    with tempfile.TemporaryDirectory() as directory:
        paths = {name: os.path.join(directory, name) for name in ("key", "signature", "statement")}
        for name, content in (("key", der), ("signature", signature), ("statement", statement)):
            with open(paths[name], "wb") as file:
                file.write(content)
        result = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths["key"], "-rawin",
             "-in", paths["statement"], "-sigfile", paths["signature"]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return result.returncode == 0


class Reader:
    def __init__(self, data):
        self.data, self.place = data, 0

    def take(self, count):
        need(self.place + count <= len(self.data), "cut")
        self.place += count
        return self.data[self.place - count:self.place]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))[0]

    def string(self):
        return self.take(self.number("I")).decode("utf-8")

    def value(self):
        tag = self.take(1)[0]
        if tag == 0:
            return None
        if tag in (1, 2):
            return tag == 2
        if tag == 3:
            return self.number("q")
        if tag == 4:
            return self.number("d")
        if tag == 5:
            return self.string()
        if tag == 6:
            return [self.value() for _ in range(self.number("I"))]
        need(tag == 7, "an unknown value")
        return {self.string(): self.value() for _ in range(self.number("I"))}


def record(data):
    reader = Reader(data)
    need((reader.number("H"), reader.number("B")) == (1, 1), "another version")
    number, _, epoch = reader.number("q"), reader.number("q"), reader.number("q")
    kind, _, _ = reader.string(), reader.string(), reader.string()
    payload = reader.take(32) if reader.take(1) == b"\x01" else None
    body = reader.value()
    need(reader.place == len(data), "more after a record")
    return number, epoch, kind, payload, body


def frames(data):
    need(data.startswith(MAGIC), "no bundle")
    place = len(MAGIC)
    while True:
        need(place + 5 <= len(data), "cut")
        kind, count = chr(data[place]), struct.unpack(">I", data[place + 1:place + 5])[0]
        content = data[place + 5:place + 5 + count]
        need(len(content) == count, "cut")
        if kind == "e":
            need(content == sha(data[:place]) and place + 5 + count == len(data), "changed bytes")
            return
        yield kind, content
        place += 5 + count


def verify(data, trusted):
    log = previous = None
    number = floor = signed = epoch = first = 0
    keys, rotations = [], []
    declared = False
    for kind, content in frames(data):
        reader = Reader(content)
        if kind == "o":
            log, floor, previous = reader.take(32), reader.number("q"), reader.take(32)
            opening = content[reader.place:]
            need(sha(b"stella-log-record/v1\0", bytes(32), opening) == log, "another opening")
            keys = [(1, bytes.fromhex(record(opening)[4]["key"]))]
            number = floor
        elif kind == "k":
            at, key, signature = reader.number("q"), reader.take(32), reader.take(64)
            statement = f"stella-log-rotation/v1 {log.hex()} {at} {keys[-1][1].hex()} {key.hex()}".encode()
            need(is_signed(keys[-1][1], signature, statement), f"the rotation at {at}")
            keys.append((at, key))
            rotations.append((at, key))
        elif kind == "r":
            found, stored, size = reader.number("q"), reader.take(32), reader.number("I")
            raw = reader.take(size)
            need(found == number + 1, f"a gap after {number}")
            need(sha(b"stella-log-record/v1\0", previous, raw) == stored, f"#{found} was changed")
            inner, at, name, payload, body = record(raw)
            need(inner == found and at >= epoch, f"#{found} is out of place")
            rest = content[reader.place:]
            need(not rest or sha(b"stella-log-payload/v1\0", rest) == payload, f"the payload of #{found}")
            if name == "log.key_rotated":
                need(rotations and rotations.pop(0) == (found, bytes.fromhex(body["key"])), f"the rotation at {found}")
            while rotations and rotations[0][0] <= floor:
                rotations.pop(0)
            declared = declared or (name == "log.pruned" and body["to"] == floor)
            number, previous, epoch, first = found, stored, at, first or found
        elif kind == "c":
            line = content.decode("ascii")
            words = line.split(" ")
            statement, signature = line.rsplit(" ", 1)[0].encode(), bytes.fromhex(words[7])
            size = int(words[1])
            key = [key for at, key in keys if at <= size][-1]
            need(words[0] == "stella-log-checkpoint/v1" and words[3] == log.hex(), "a checkpoint of another log")
            need(size == number and words[2] == previous.hex(), f"the checkpoint at {size}")
            need(sha(b"stella-log-key/v1\0", key).hex() == words[5], f"the key of the checkpoint at {size}")
            need(is_signed(key, signature, statement), f"the signature at {size}")
            signed = size
    need(floor == 0 or declared, "a front that nobody pruned")
    need(trusted in [key for _, key in keys], "another key")
    return f"intact {first} {number} {signed}"


if __name__ == "__main__":
    try:
        with open(sys.argv[1], "rb") as bundle:
            print(verify(bundle.read(), bytes.fromhex(sys.argv[2])))
    except (Fault, ValueError, IndexError, KeyError, struct.error) as fault:
        print(fault)
        sys.exit(1)
