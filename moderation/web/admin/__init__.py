"""Pages of administrators: sites, accounts, policy, figures."""
