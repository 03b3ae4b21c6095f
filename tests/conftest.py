"""Set before torch is imported: several threads on few cores make small networks slower, not faster."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
