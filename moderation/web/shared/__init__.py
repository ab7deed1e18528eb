"""What pages and APIs have in common: who asks, limits, errors, rendering, wording."""
