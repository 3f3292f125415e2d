"""`python -m candidate.settlement PORT`"""

import sys

from candidate.settlement.service import main

main(int(sys.argv[1]))
