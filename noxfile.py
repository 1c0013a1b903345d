#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox"]
# ///
"""What CI runs, a session each: `nox -s tests`. `.ci/run` is all of it in one empty environment."""

import nox

nox.needs_version = "2025.2.9"
nox.options.default_venv_backend = "venv"


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.install("-e", ".[test]")
    session.run("pytest", "-q", *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest NumPy that is supported."""
    session.install("-e", ".[test]", "numpy==2.0.*")
    session.run("pytest", "-q", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site."""
    session.install("-e", ".[docs,examples]")
    session.run("python", "-m", "sphinx", "-W", "-b", "html", "docs", "docs/_build/html")


if __name__ == "__main__":
    nox.main()
