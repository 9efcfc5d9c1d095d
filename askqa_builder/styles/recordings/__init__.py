"""Label how speech sounds that we did not make: a folder of recordings."""
