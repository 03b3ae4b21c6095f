"""Imported by the process that workers are forked from (forked.py): loads the tiny model for all of them."""

from tests import tiny

tiny.bundle()
