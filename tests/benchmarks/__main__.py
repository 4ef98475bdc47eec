"""Measurements: without a name all that have a figure beside them; `./run.sh bench NAME --help` says what each takes.

A bench is a module of this folder with a docstring and `main(arguments)`; nothing else has to be told of it.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

NO_BENCH = {"__main__", "figures", "clients", "one_client", "machine", "people", "words", "framework"}
BENCHES = sorted({module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])} - NO_BENCH)


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"all", "--json"}:
        arguments = ["table", *(each for each in arguments if each != "all")]
    if arguments[0] not in BENCHES:
        print("./run.sh bench [all] [--json FILE], or ./run.sh bench NAME [OPTIONS]\n")
        for name in BENCHES:
            promise = (importlib.import_module(f"tests.benchmarks.{name}").__doc__ or "").partition("\n")[0]
            print(f"  {name:10} {promise}")
        return 0 if arguments[0] in {"-h", "--help", "help"} else 2
    name, *rest = arguments
    importlib.import_module(f"tests.benchmarks.{name}").main(rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
