"""The patient's side: where a notice's link leads (spec C5, K)."""
