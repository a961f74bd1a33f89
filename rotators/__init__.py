"""A package for each kind of target: its driver, and the handlers that the template names."""

import gc

# All that a start loads is kept: looking through it for garbage, again and again, was a sixth of
# the start. `make_handler`, the last thing that a start does, puts it on again.
gc.disable()
