"""Credentials that no `aster` would sign: Ed25519 (RFC 8032) and the bytes of docs/trust.md, written down once more.

For tests alone: nothing here takes the same time for every key.
"""

from __future__ import annotations

import hashlib
import json

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME

Point = tuple[int, int, int, int]

BASE_Y = 4 * pow(5, PRIME - 2, PRIME) % PRIME
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE: Point = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % PRIME)


def add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % PRIME
    b = (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c, d = 2 * p[3] * q[3] * D % PRIME, 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def multiply(scalar: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = add(found, point)
        point = add(point, point)
        scalar >>= 1
    return found


def compressed(point: Point) -> bytes:
    inverse = pow(point[2], PRIME - 2, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def expanded(secret: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    return scalar, digest[32:]


def public(secret: bytes) -> bytes:
    """The public key of a secret one."""
    return compressed(multiply(expanded(secret)[0], BASE))


def hashed(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


def sign(secret: bytes, message: bytes) -> bytes:
    """The signature of a message."""
    scalar, prefix = expanded(secret)
    nonce = hashed(prefix, message)
    point = compressed(multiply(nonce, BASE))
    challenge = hashed(point, public(secret), message)
    return point + ((nonce + challenge * scalar) % ORDER).to_bytes(32, "little")


def uvarint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def blob(value: bytes) -> bytes:
    return uvarint(len(value)) + value


def optional(value: str | None) -> bytes:
    return b"\xfd" if value is None else b"\0" + blob(bytes.fromhex(value))


def text(value: str) -> bytes:
    encoded = value.encode()
    return uvarint(len(encoded) << 2 | 2) + encoded


KINDS = ("consumer-policy", "consumer-one-time", "producer")


def credential(
    root: bytes,
    *,
    kind: str = "consumer-policy",
    subject: str | None = None,
    audience: str | None = None,
    not_before: int,
    expires_at: int,
    attributes: dict[str, str] | None = None,
    nonce: str | None = None,
) -> str:
    """A credential that a root key signs, whatever it says."""
    pairs = sorted((attributes or {}).items())
    signed = b"".join(
        [
            b"aster credential v1\0",
            uvarint(KINDS.index(kind)),
            blob(public(root)),
            optional(subject),
            optional(audience),
            uvarint(not_before),
            uvarint(expires_at),
            uvarint(len(pairs)) + b"\x0c",
            *(text(key) + text(value) for key, value in pairs),
            optional(nonce),
        ]
    )
    fields = {
        "type": kind,
        "root_pubkey": public(root).hex(),
        "endpoint_id": subject,
        "audience": audience,
        "not_before": not_before,
        "expires_at": expires_at,
        "attributes": dict(pairs),
        "nonce": nonce,
        "signature": sign(root, signed).hex(),
    }
    return json.dumps(
        {key: value for key, value in fields.items() if value is not None}
    )
