"""Letters, where a mail server is configured: to readers who left an address, to moderators, to who is invited."""
