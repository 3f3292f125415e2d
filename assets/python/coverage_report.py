"""`coverage combine` and `coverage json` in one start.

usage: python -I coverage_report.py RCFILE DATA REPORT

RCFILE and REPORT lie where the tests could not write; DATA is the directory with
what they recorded, which stays as it is. exit: that of the first that fails.
"""

import sys

from coverage.cmdline import main

if __name__ == "__main__":
    rcfile, data, report = sys.argv[1:]
    rcfile = f"--rcfile={rcfile}"
    sys.exit(
        main(["combine", "-q", "--keep", rcfile, data])
        or main(["json", "-q", rcfile, "--show-contexts", "-o", report])
    )
