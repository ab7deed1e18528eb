"""What runs beside requests: late scores, begun bulk actions, the queue's order, checks of the audit chains."""
