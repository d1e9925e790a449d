"""From the raw exports of a yearly survey to comparable series, honest figures and charts."""
