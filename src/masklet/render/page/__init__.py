"""Self-contained report pages: say what stands on a page (`nouns`), write it (`writing.write_page`)."""
