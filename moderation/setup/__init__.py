"""The first start, the demo, and which configuration is in force."""
