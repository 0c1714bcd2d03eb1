"""`adapt`: an engine that fits itself to the annotated frames of the very video it works on."""
