"""`python -m groundrec`."""

from groundrec.cli import main

if __name__ == "__main__":
    main()
