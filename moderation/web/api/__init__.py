"""The service's own API, for sites and programs."""
