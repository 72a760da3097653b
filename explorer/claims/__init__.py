"""What the tutorial claims, beside what was measured: one record for each claim, a verdict computed from measurements."""
