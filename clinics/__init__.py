"""Clinics, staff, roles, the access gate and the audit log (spec A)."""
