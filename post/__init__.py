"""Dialogs with patients: inbox, messages, templates (spec E)."""
