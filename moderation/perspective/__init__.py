"""Google's API that this service replaces: its wire format, analyze, suggestions."""
