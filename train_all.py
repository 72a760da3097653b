"""Train every network of the catalogue on Fashion-MNIST: python train_all.py --help."""

import sys

from explorer.training.command import main

if __name__ == "__main__":
    sys.exit(main())
