"""The rule packs shipped with kamrules: one folder a pack, read by name with `load_pack("handbook")`."""
