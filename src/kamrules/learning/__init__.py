"""Learning from the history of closed deals, and taking what was learned back into the pack."""
