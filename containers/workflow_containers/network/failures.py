"""Why there is no answer, told apart: a name, a refusal, a certificate, a time, a cut.

What urllib3 raises is looked through to what Python's own modules said.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator

from workflow_containers.errors import NetworkError
from workflow_containers.network.bounded import TooSlowError
from workflow_sbom.printable import printable

_AGAIN = "try again; if it stays so, ask the operator of the server"
# What OpenSSL says of a certificate (x509_vfy.h), and what to do about it.
_CERTIFICATES = {
    9: "is this machine's clock right? the certificate is not valid yet",
    10: "is this machine's clock right? else its operator must renew the certificate",
    18: "give its authority's certificate as SSL_CERT_FILE, if you trust it",
    19: "give its authority's certificate as SSL_CERT_FILE, if you trust it",
    20: "give its authority's certificate as SSL_CERT_FILE, if you trust it",
    62: "check the name; the certificate is another host's",
    64: "check the address; the certificate is another host's",
}
_KINDS: tuple[tuple[type[BaseException], str, str], ...] = (
    (ConnectionRefusedError, "refuses the connection", "is the port right, and is it up?"),
    (TooSlowError, "sends too slowly", _AGAIN),
    (TimeoutError, "no answer in time", f"is there a proxy to use? {_AGAIN}"),
    (http.client.RemoteDisconnected, "closed the connection without an answer", _AGAIN),
    (ConnectionResetError, "the connection was reset", _AGAIN),
    (http.client.IncompleteRead, "the answer was cut short", _AGAIN),
)


def told(error: BaseException, where: str) -> NetworkError:
    """The error for a user: `where` is the server (or the proxy) that was asked."""
    causes = [*_causes(error)]
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause, where)
        if isinstance(cause, ssl.SSLError):
            return _tls(cause, where)
        if isinstance(cause, socket.gaierror):
            return _name(cause, where)
        for kind, what, remedy in _KINDS:
            if isinstance(cause, kind):
                return _error(where, what, remedy)
    return _error(where, f"no answer that can be read: {str(causes[-1])[:160]}", _AGAIN)


def _name(error: socket.gaierror, where: str) -> NetworkError:
    return NetworkError(
        f"{where}: its name can't be resolved",
        remedy="check the name, and this machine's DNS",
        lasting=error.errno == socket.EAI_NONAME,
    )


def _tls(error: ssl.SSLError, where: str) -> NetworkError:
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return _error(where, "closed the connection without an answer", _AGAIN)
    reason = (error.reason or "the connection broke").lower().replace("_", " ")
    remedy = "does it speak TLS? plain http is for hosts named by --plain-http"
    return _error(where, f"TLS fails: {reason}", remedy)


def _certificate(error: ssl.SSLCertVerificationError, where: str) -> NetworkError:
    remedy = _CERTIFICATES.get(error.verify_code, "ask the operator of the server")
    said = printable(error.verify_message)
    return NetworkError(f"{where}: its certificate is refused: {said}", remedy=remedy, lasting=True)


def _error(where: str, what: str, remedy: str) -> NetworkError:
    return NetworkError(f"{where}: {printable(what)}", remedy=remedy)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all it was raised from, the outermost first."""
    seen: list[BaseException] = []
    left = [error]
    while left and len(seen) < 20:
        current = left.pop(0)
        if current not in seen:
            seen.append(current)
            yield current
            inner = (current.__cause__, *current.args)
            left += [each for each in inner if isinstance(each, BaseException)]
