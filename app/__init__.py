"""Safety in Action: live safety lessons."""

import gc
import sys

# Ten thousand seats make a full collection dear: a second or more in which nobody is served. So young objects are
# collected in small portions (5,000 take some ten milliseconds) and old ones hardly ever while anybody sits in a
# lesson; `main` collects them when everybody has left. Seats and lines break their own circles when they go.
COLLECTOR = (5_000, 1_000, 100)
gc.set_threshold(*COLLECTOR)

# The event loop must not wait five milliseconds for each thread that reads the store.
sys.setswitchinterval(0.001)
