"""The notification engine: outbox, dispatch, sending, receipts, history (spec C, J)."""
