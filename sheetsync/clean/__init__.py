"""Raw cells to typed columns, problems and fixes."""
