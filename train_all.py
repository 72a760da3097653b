"""Train every network of the catalogue on Fashion-MNIST: python train_all.py --help."""

import sys

from explorer.prints.card import draw_pictures
from explorer.training.command import main

if __name__ == "__main__":
    sys.exit(main(illustrate=draw_pictures))
