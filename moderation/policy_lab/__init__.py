"""The policy tried on the past: replay, what-if, agreement with moderators."""
