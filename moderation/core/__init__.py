"""The domain: pure Python, no I/O. Imports nothing of ours outside itself."""
