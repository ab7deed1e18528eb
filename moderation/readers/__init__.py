"""Readers whom a site's own login names: the keys of its tokens, and what a token says."""
