"""`python -m explorer.claims` measures all claims anew, and before that the experiments that are named."""

from __future__ import annotations

import argparse

import torch

from explorer.claims import image_experiments, training_experiments
from explorer.claims.catalogue import store_all
from explorer.claims.experiments import store

EXPERIMENTS = {**image_experiments.EXPERIMENTS, **training_experiments.EXPERIMENTS}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m explorer.claims", description=__doc__)
    parser.add_argument(
        "--experiments", nargs="*", default=[], choices=EXPERIMENTS, metavar="NAME", help="anew: %(choices)s"
    )
    for name in parser.parse_args().experiments:
        store(name, EXPERIMENTS[name]())
        print(f"{name}: stored", flush=True)
    store_all()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
