"""Raw video to instance masks, masks to datasets, datasets to models, and back."""
