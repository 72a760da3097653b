"""Figures that people take away: the results on screen as files for slides and print, and as tables.

`records.py` says what such a figure is, `paper.py` makes files of it, `fonts.py` finds the letters, `pictures.py` and `charts.py`
draw what the canvas and plotly draw on the screen, `tables.py` writes the numbers, and `keeping.py` is the place in each tab that
saves one. Matplotlib draws, and is imported when the first figure is asked for.
"""
