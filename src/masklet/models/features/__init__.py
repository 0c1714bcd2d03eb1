"""ImageNet features for everything that looks at pixels with a network."""
