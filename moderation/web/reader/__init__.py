"""What readers see: a discussion, the form, where a comment stands."""
