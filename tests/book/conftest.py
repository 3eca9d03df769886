"""The built book, opened in Chromium."""

from browser import browser, open_page, served  # noqa: F401  (fixtures)
