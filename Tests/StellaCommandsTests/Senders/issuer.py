"""An OpenID provider on the loopback interface: keys and signatures are openssl's.

Takes commands as JSON lines and answers each with one:

    {"make": "RS256", "kid": "a"}                       a new key, not told yet
    {"publish": ["a", "b"]}                             the keys that /jwks tells
    {"sign": "a", "claims": {…}, "header": {…}}         a token; the header's members are added
    {"hmac": "a", "claims": {…}}                        one that takes the public key for a shared secret
    {"none": true, "claims": {…}}                       one without a signature
    {"asked": true}                                     how often /jwks was asked
    {"fail": true}                                      whether /jwks answers 500
    {"document": {…}}                                   members that its document has in the place of the true ones
"""
import base64
import hashlib
import hmac
import http.server
import json
import subprocess
import sys
import threading

KINDS = {
    "RS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "PS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ES384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "EdDSA": ["-algorithm", "ED25519"],
}
keys = {}
published = []
state = {"asked": 0, "fails": False, "document": {}}


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make(kind, kid):
    path = kid + ".pem"
    openssl("genpkey", *KINDS[kind], "-out", path)
    der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    jwk = {"kid": kid, "alg": kind, "use": "sig"}
    if kind[:2] in ("RS", "PS"):
        modulus = openssl("rsa", "-in", path, "-noout", "-modulus").decode().strip().split("=")[1]
        jwk |= {"kty": "RSA", "n": text(bytes.fromhex(modulus)), "e": "AQAB"}
    elif kind[:2] == "ES":
        size = 32 if kind == "ES256" else 48
        jwk |= {"kty": "EC", "crv": "P-256" if size == 32 else "P-384"}
        jwk |= {"x": text(der[-2 * size : -size]), "y": text(der[-size:])}
    else:
        jwk |= {"kty": "OKP", "crv": "Ed25519", "x": text(der[-32:])}
    keys[kid] = (kind, path, jwk)


def raw(der, size):
    """r and s of a DER SEQUENCE of two INTEGERs."""
    place, parts = 2 if der[1] < 0x80 else 3, b""
    for _ in range(2):
        length = der[place + 1]
        parts += der[place + 2 : place + 2 + length].lstrip(b"\0").rjust(size, b"\0")
        place += 2 + length
    return parts


def signature(kind, path, data):
    if kind == "EdDSA":
        with open("signed", "wb") as file:
            file.write(data)
        return openssl("pkeyutl", "-sign", "-inkey", path, "-rawin", "-in", "signed")
    if kind == "PS256":
        options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"]
        return openssl("dgst", "-sha256", *options, "-sign", path, data=data)
    digest = openssl("dgst", "-sha384" if kind == "ES384" else "-sha256", "-sign", path, data=data)
    return raw(digest, 32 if kind == "ES256" else 48) if kind[:2] == "ES" else digest


def token(header, claims, sign):
    signed = (text(json.dumps(header).encode()) + "." + text(json.dumps(claims).encode())).encode()
    return signed.decode() + "." + text(sign(signed))


class Provider(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        origin = f"http://127.0.0.1:{self.server.server_port}"
        if self.path == "/ops/.well-known/openid-configuration":
            return self.answer(200, {"issuer": origin + "/ops", "jwks_uri": origin + "/jwks"} | state["document"])
        if self.path != "/jwks":
            return self.answer(404, {})
        state["asked"] += 1
        told = [{"kty": "oct", "kid": "x", "k": "c2VjcmV0"}] + [keys[kid][2] for kid in published]
        self.answer(500 if state["fails"] else 200, {"keys": told})

    def answer(self, status, content):
        body = json.dumps(content)
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def obey(command):
    claims = command.get("claims")
    if "make" in command:
        make(command["make"], command["kid"])
        return {"made": command["kid"], "jwk": keys[command["kid"]][2]}
    if "publish" in command:
        published[:] = command["publish"]
        return {"published": published}
    if "sign" in command:
        kind, path, _ = keys[command["sign"]]
        header = {"alg": kind, "kid": command["sign"], "typ": "JWT"} | command.get("header", {})
        return {"token": token(header, claims, lambda data: signature(kind, path, data))}
    if "hmac" in command:
        public = openssl("pkey", "-in", keys[command["hmac"]][1], "-pubout")
        header = {"alg": "HS256", "kid": command["hmac"]}
        return {"token": token(header, claims, lambda data: hmac.digest(public, data, hashlib.sha256))}
    if "none" in command:
        return {"token": token({"alg": "none"}, claims, lambda _: b"")}
    if "fail" in command:
        state["fails"] = command["fail"]
    if "document" in command:
        state["document"] = command["document"]
    return {"asked": state["asked"]}


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port}), flush=True)
for line in sys.stdin:
    print(json.dumps(obey(json.loads(line))), flush=True)
