"""SIP messages as text: parsing, writing, header parts and digest answers (RFC 3261, RFC 7616)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    603: "Decline",
}
COMPACT_NAMES = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "r": "refer-to",
    "b": "referred-by",
    "o": "event",
    "k": "supported",
    "s": "subject",
}
ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^",\s]+))')
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?")
_REQUEST_LINE = re.compile(r"([A-Z]{1,32}) (\S+) SIP/2\.0")
_CSEQ = re.compile(r"(\d{1,10})\s+([A-Z]{1,32})")


class MalformedMessage(ValueError):
    """A datagram that is no SIP message, or one without the headers that every message must have."""


@dataclass(slots=True)
class Message:
    """One SIP request (`method` and `uri` set) or response (`status` set); header names are lower case."""

    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    def get(self, name: str) -> str:
        """Return the first value of a header, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")

    def get_all(self, name: str) -> list[str]:
        """Return every value of a header in order."""
        return [value for key, value in self.headers if key == name]

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.get("call-id")

    @property
    def cseq(self) -> int:
        """The number of the CSeq."""
        return int(self.get("cseq").split()[0])

    @property
    def cseq_method(self) -> str:
        """The method that the CSeq names: in a response, the method of its request."""
        return self.get("cseq").split()[1]

    @property
    def branch(self) -> str:
        """The transaction's id: the branch of the topmost Via."""
        return parameter(self.get("via"), "branch")

    def encode(self) -> bytes:
        """Return the message as it goes over the wire, Content-Length included."""
        start = f"{self.method} {self.uri} SIP/2.0" if self.method else f"SIP/2.0 {self.status} {self.reason}"
        body = self.body.encode()
        lines = [start, *(f"{_shown(name)}: {value}" for name, value in self.headers)]
        return ("\r\n".join(lines) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def parse(datagram: bytes) -> Message:
    """Read one datagram.

    Raises:
        MalformedMessage: the start line, Via, Call-ID or CSeq is missing or unreadable.
    """
    head, _, body = datagram.decode("utf-8", "replace").partition("\r\n\r\n")
    lines = head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")
    message = _start(lines[0])
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        key = name.strip().lower()
        if colon and COMPACT_NAMES.get(key, key) != "content-length":
            message.headers.append((COMPACT_NAMES.get(key, key), value.strip()))
    if not (message.call_id and message.branch and _CSEQ.fullmatch(message.get("cseq"))):
        raise MalformedMessage("a message needs Call-ID, CSeq and a Via with a branch")
    if not (message.get("from") and message.get("to")):
        raise MalformedMessage("a message needs From and To")
    message.body = body
    return message


def _start(line: str) -> Message:
    if status := _STATUS_LINE.fullmatch(line):
        return Message(status=int(status[1]), reason=status[2] or "")
    if request := _REQUEST_LINE.fullmatch(line):
        return Message(method=request[1], uri=request[2])
    raise MalformedMessage("neither a request line nor a status line")


def _shown(name: str) -> str:
    if name in ("call-id", "cseq", "www-authenticate"):
        return {"call-id": "Call-ID", "cseq": "CSeq", "www-authenticate": "WWW-Authenticate"}[name]
    return "-".join(part.capitalize() for part in name.split("-"))


def response_to(
    request: Message, status: int, *, to_tag: str = "", headers: Iterable[tuple[str, str]] = (), body: str = ""
) -> Message:
    """Build the response to a request: Via, Record-Route, From, To, Call-ID and CSeq are taken over."""
    response = Message(status=status, reason=REASONS.get(status, "Unknown"), body=body)
    for name in ("via", "record-route"):
        response.headers += [(name, value) for value in request.get_all(name)]
    to = request.get("to")
    if to_tag and not tag_of(to):
        to += f";tag={to_tag}"
    response.headers += [("from", request.get("from")), ("to", to)]
    response.headers += [("call-id", request.call_id), ("cseq", request.get("cseq")), *headers]
    return response


def parameter(value: str, name: str) -> str:
    """Return a `;name=value` parameter of a header's value, or an empty text."""
    found = re.search(rf";\s*{re.escape(name)}\s*=\s*([^;,>\s]+)", value, re.IGNORECASE)
    return found[1] if found else ""


def tag_of(value: str) -> str:
    """Return the tag of a From or To value; parameters inside the angle brackets belong to the URI."""
    return parameter(value.rpartition(">")[2] if ">" in value else value, "tag")


def uri_of(value: str) -> str:
    """Return the URI of a From, To or Contact value."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.split(";")[0].strip()


def user_of(value: str) -> str:
    """Return the user part (the number) of a From, To or Contact value."""
    return uri_of(value).partition(":")[2].partition("@")[0].partition(";")[0]


def new_branch() -> str:
    """Return a fresh transaction id with the cookie of RFC 3261."""
    return "z9hG4bK" + secrets.token_hex(10)


def new_id(length: int = 8) -> str:
    """Return a fresh random id of `2 × length` characters for tags and Call-IDs."""
    return secrets.token_hex(length)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password of a SIP account."""

    user: str
    password: str


def answer_challenge(challenged: Message, method: str, uri: str, credentials: Credentials) -> tuple[str, str] | None:
    """Return the header that answers a 401 or 407, or None where the challenge uses no algorithm that we know."""
    name = "authorization" if challenged.status == 401 else "proxy-authorization"
    for challenge in challenged.get_all("www-authenticate" if challenged.status == 401 else "proxy-authenticate"):
        fields = {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(challenge)}
        if "nonce" in fields and fields.get("algorithm", "MD5").upper() in ALGORITHMS:
            return name, _digest(fields, method, uri, credentials)
    return None


def _digest(fields: dict[str, str], method: str, uri: str, credentials: Credentials) -> str:
    algorithm = fields.get("algorithm", "MD5").upper()

    def hashed(text: str) -> str:
        return ALGORITHMS[algorithm](text.encode()).hexdigest()

    realm, nonce = fields.get("realm", ""), fields["nonce"]
    secret = hashed(f"{credentials.user}:{realm}:{credentials.password}")
    asked = hashed(f"{method}:{uri}")
    parts = [f'username="{credentials.user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "auth" in fields.get("qop", "").replace(" ", "").split(","):
        cnonce = new_id()
        response = hashed(f"{secret}:{nonce}:00000001:{cnonce}:auth:{asked}")
        parts += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    else:
        response = hashed(f"{secret}:{nonce}:{asked}")
    parts += [f'response="{response}"', f"algorithm={algorithm}"]
    if "opaque" in fields:
        parts.append(f'opaque="{fields["opaque"]}"')
    return "Digest " + ", ".join(parts)
