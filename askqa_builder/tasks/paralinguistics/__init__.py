"""Questions about how something is said, and about words together with how, or by whom, they are said."""
