"""Which Chromium the studio is driven with: that of $CHROMIUM, else one that is installed; None without one."""

import os
import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
