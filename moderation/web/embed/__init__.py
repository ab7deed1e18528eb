"""The comment section that other sites embed: its script, its words, its counter."""
