"""What runs the service elsewhere."""
