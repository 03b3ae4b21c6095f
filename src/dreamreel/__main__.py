"""`python -m dreamreel` is `dreamreel`."""

from dreamreel.cli.main import main

main()
