"""Safety in Action: live safety lessons."""

import gc
import sys

# Thousands of classes at the start and of seats later make full collections dear: with this threshold the start is a
# tenth shorter, and joins per second were measured to double.
gc.set_threshold(200_000, 50, 100)

# The event loop must not wait five milliseconds for each thread that reads the store.
sys.setswitchinterval(0.001)
