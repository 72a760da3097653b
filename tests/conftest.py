"""How the tests share the machine."""

from __future__ import annotations

import os

from hypothesis import settings

# Of several workers each computes with one thread, programs that it starts too: on the same cores their threads would
# wait for each other. torch reads this when it is imported.
if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)) > 1:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A loaded machine is slow: no example fails because it took long.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
