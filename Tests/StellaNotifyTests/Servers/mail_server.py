"""A mail server for tests: aiosmtpd on 127.0.0.1, which writes each mail it takes as a line of JSON.

    mail_server.py none|starttls|tls PLAIN|LOGIN|none CERTIFICATE KEY [REFUSED]

Prints `port N` first. The user is stella, the password correct-horse. REFUSED is a recipient; `later` refuses
everybody for now, `once:RECIPIENT` that one until a mail was taken, and `quit` leaves QUIT without an answer. Ends
when its standard input does.
"""
import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

security, mechanism, certificate, key = sys.argv[1:5]
refused = sys.argv[5] if len(sys.argv) > 5 else None


class Handler:
    taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == refused:
            return "550 5.1.1 nobody of that name"
        if refused == "later":
            return "451 4.3.0 come back later"
        if refused == f"once:{address}" and self.taken == 0:
            return "450 4.2.0 not yet"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None or security == "tls",
            "user": session.auth_data.decode() if session.auth_data else None,
            "mail": base64.b64encode(envelope.content).decode()}), flush=True)
        return "250 2.0.0 taken"

    async def handle_QUIT(self, server, session, envelope):
        if refused == "quit":
            await asyncio.sleep(3600)
        return "221 2.0.0 bye"


def authenticate(server, session, envelope, mechanism, data):
    fits = data.login == b"stella" and data.password == b"correct-horse"
    return AuthResult(success=fits, handled=False, auth_data=data.login)


context = None
if security != "none":
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)


class Server(Controller):
    def factory(self):
        keywords = {"require_starttls": security == "starttls", "auth_require_tls": security == "starttls"}
        if security == "starttls":
            keywords["tls_context"] = context
        if mechanism != "none":
            other = {"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[mechanism]
            keywords |= {"authenticator": authenticate, "auth_required": True, "auth_exclude_mechanism": [other]}
        return SMTP(self.handler, **keywords)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


server = Server(Handler(), hostname="127.0.0.1", port=0, ssl_context=context if security == "tls" else None)
server.start()
print("port", server.port, flush=True)
sys.stdin.read()
server.stop()
