"""How the service is watched: what is counted, which request is being answered, and the spans of traces."""
