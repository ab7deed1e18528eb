"""Other systems' archives come in, and a site's own goes out."""
