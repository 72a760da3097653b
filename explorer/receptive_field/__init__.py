"""The wing that shows how much of the image a unit sees."""
