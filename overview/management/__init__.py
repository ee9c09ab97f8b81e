"""Invented people and a demo clinic for them."""
