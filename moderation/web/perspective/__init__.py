"""Google's API as clients call it."""
