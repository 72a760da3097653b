"""Training: how each network is taught (recipe), one pass over the data (loop), whole runs (run)."""
