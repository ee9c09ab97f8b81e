"""The outside world on loopback: stand-ins for the SMS gateway, the mail API and the push service."""
