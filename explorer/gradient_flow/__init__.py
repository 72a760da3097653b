"""The gradient-flow wing: what reaches the first block of a deep stack, with and without shortcuts."""
