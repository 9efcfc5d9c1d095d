"""How speech sounds: labels that recognisers give a finished dataset, or recordings that are not ours."""
