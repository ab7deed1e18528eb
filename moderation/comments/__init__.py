"""A comment's life: it arrives, is evaluated, waits, is scored late; its article, and the discussion it stands in."""
