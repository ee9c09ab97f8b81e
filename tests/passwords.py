"""Passwords in tests."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """The product's own hash with one turn instead of a million: how slow guessing is, is Django's to test."""

    iterations = 1
