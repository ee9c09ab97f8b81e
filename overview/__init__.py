"""The clinic's start page."""
