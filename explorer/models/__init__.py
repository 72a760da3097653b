"""The foundation: every network, its catalogue, its weights, and one walk over any network."""
