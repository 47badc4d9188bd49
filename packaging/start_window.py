"""The frozen `signalbox`: the same entry point as the installed one."""

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()
    from designer.__main__ import main

    sys.exit(main())
