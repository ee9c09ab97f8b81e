"""Appointments and what their changes mean to the patient (spec D)."""
