"""The desktop program; stands on `engine`."""
