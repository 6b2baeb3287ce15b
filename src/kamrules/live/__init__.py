"""Deals that are live: a desk that takes events one by one, and a journal that keeps what came of them."""
