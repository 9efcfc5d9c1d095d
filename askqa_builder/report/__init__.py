"""See, hear and judge a finished dataset: tables, a page, a server of it, a listening test."""
