"""Letters, where a mail server is configured: to readers who left an address, and to people who are invited."""
