"""Billing cards, receipts and the dated tariff table (spec F)."""
