"""The frozen `signalboxctl`: command line, engine process and model processes."""

import multiprocessing

if __name__ == "__main__":
    multiprocessing.freeze_support()
    from engine.cli import main

    main()
