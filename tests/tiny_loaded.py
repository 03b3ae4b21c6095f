"""Imported by the process that others are forked from (forked.py): loads the tiny model for all of them."""

from importlib import import_module

from dreamreel.cli.executors import import_libraries
from tests import tiny

import_module("dreamreel.cli.server")
import_libraries()
tiny.bundle()
