"""Who: journal search and risk groups (spec G, H)."""
