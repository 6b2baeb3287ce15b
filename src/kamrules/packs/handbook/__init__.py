"""The handbook pack: milestones, gates, tiers and red lines of the key-account manual, as YAML."""
