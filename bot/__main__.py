"""`python -m bot` is `sameday`."""

import sys

from bot.cli import main

sys.exit(main())
