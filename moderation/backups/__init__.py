"""The whole database in one file, and back: written beside a running service, checked to the last byte."""
