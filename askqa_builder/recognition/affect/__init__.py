"""Listen for how speech sounds: recognisers of emotions, as categories and as dimensions."""
