"""The plugin of ``config/integrations/wordpress`` in a real WordPress, beside a running service."""
