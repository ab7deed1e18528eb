"""What is compiled is kept, whoever runs the tests: every process that a test starts would compile all of it again."""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
