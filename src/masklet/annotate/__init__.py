"""The human loop without a screen: what follows when a person has drawn or corrected something."""
