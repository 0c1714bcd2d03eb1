"""Reports turned into pages: what stands where, and in which words."""
