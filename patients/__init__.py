"""The patient card: identity, contact values, consent, preferred method (spec B)."""
