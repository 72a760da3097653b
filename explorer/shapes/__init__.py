"""The shapes wing: how height, width and channels flow through a network, layer by layer, with the arithmetic."""
