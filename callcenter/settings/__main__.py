"""`python -m callcenter.settings KEY…`: prints values, for `run`."""

import sys

from callcenter.settings.loading import main

sys.exit(main(sys.argv[1:]))
