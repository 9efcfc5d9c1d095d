"""Listen to a finished dataset: what a recogniser hears in each turn, how far that is from its text, how it sounds."""
