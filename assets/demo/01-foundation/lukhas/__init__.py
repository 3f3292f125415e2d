"""Everything a shop sees."""
