"""`python -m observatoire_pipeline.cli`."""

from observatoire_pipeline.cli import main

if __name__ == "__main__":
    main()
