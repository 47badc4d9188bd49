"""The window: what one document, one engine and their views become together."""
