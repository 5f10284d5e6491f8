"""People whose names are known from recordings of them."""
