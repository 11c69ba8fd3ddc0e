"""One click inside Excel: the add-in, its local server and what brings it there."""
