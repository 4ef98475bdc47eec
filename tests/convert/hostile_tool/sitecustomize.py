"""Gives the convert function one more tool, wherever this folder is on the path: see `hostile_tools/`."""

from pathlib import Path

import convert.tools

convert.tools.__path__.append(str(Path(__file__).with_name("hostile_tools")))
