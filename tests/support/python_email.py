"""What Python's `email` makes of messages, as JSON lines: one for each file named on standard input."""

import email
import email.header
import email.utils
import json
import re
import sys


def leaves(part):
    kind = part.get_content_type()
    if kind.startswith("message/"):
        encoded = str(part.get("content-transfer-encoding", "")).strip().lower() in ("base64", "quoted-printable")
        if kind == "message/rfc822" and not encoded and part.is_multipart():
            yield from leaves(part.get_payload(0))
        return
    if part.is_multipart():
        for inner in part.get_payload():
            yield from leaves(inner)
    elif not kind.startswith("multipart/"):
        yield part


def text(value):
    """Decoded and unfolded, which this policy leaves to its caller."""
    if value is None:
        return None
    return re.sub("[\r\n]+", "", str(email.header.make_header(email.header.decode_header(str(value))))).strip()


for path in sys.stdin.read().splitlines():
    with open(path, "rb") as file:
        message = email.message_from_bytes(file.read())
    parts = []
    for part in leaves(message):
        body = part.get_payload(decode=True) or b""
        parts.append(
            [
                part.get_content_type(),
                body.hex(),
                part.get_filename(),
                part.get_content_charset(),
                part.get_content_disposition(),
                part.get("content-id", "").strip(" \t\r\n<>"),
            ]
        )
    try:
        subject = text(message.get("subject"))
    except Exception:
        subject = None
    try:
        date = email.utils.parsedate_to_datetime(message.get("date")).timestamp()
    except Exception:
        date = None
    mailboxes = {
        name: [address for _, address in email.utils.getaddresses([str(message.get(name, ""))]) if address]
        for name in ("from", "to", "cc")
    }
    fields = len(message.keys())
    print(json.dumps({"parts": parts, "subject": subject, "date": date, "fields": fields, **mailboxes}))
