"""How secrets and tokens of 256 random bits are stored: nothing can be guessed from an unsalted hash of those. Pure."""

from hashlib import sha256


def hashed(secret: str) -> str:
    """Return SHA-256 in 64 hexadecimal digits."""
    return sha256(secret.encode()).hexdigest()
