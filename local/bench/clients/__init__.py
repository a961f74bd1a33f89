"""`make bench-clients`: what applications see of rotations, by each face of `rotating`."""

import sys

from local.bootstrap import ROOT

# A package of its own, which the environment of this one does not have installed.
CLIENTS = str(ROOT / "clients")
if CLIENTS not in sys.path:
    sys.path.append(CLIENTS)
