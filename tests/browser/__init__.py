"""Pages in a real browser, headless; skipped where there is none."""
