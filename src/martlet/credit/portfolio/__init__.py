"""Score any lender's own file: applications, records, a few outcomes; no bank is opened."""
