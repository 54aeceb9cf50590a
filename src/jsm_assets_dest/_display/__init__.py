"""Human-readable output: HTML, SVG, and progress bars."""
