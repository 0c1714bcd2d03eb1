"""`python -m masklet`."""

from masklet.cli.main import run

if __name__ == "__main__":
    run()
