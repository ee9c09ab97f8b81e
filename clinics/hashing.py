"""How secrets and tokens of 192 random bits or more are kept: nothing can be guessed from an unsalted hash. Pure."""

from hashlib import sha256


def hashed(secret: str) -> str:
    """Return SHA-256 in 64 hexadecimal digits."""
    return sha256(secret.encode()).hexdigest()
