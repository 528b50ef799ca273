"""Safety in Action: live safety lessons."""

import gc

# Thousands of classes at the start and of seats later make full collections dear: with this threshold the start is a
# tenth shorter, and joins per second were measured to double.
gc.set_threshold(200_000, 50, 100)
