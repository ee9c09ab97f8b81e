"""What the product can do, measured against baselines in the same run: `make bench` (design, section 7)."""
