"""Docker Engine, through its own SDK: loading an image and trying it."""
