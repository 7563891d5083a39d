"""`python -m dc43_gitdraft`."""

from dc43_gitdraft.cli import main

if __name__ == "__main__":
    main()
