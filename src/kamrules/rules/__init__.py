"""Rules as data: the language, packs, plans and the engines that run them."""
