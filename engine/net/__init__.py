"""The one gateway: whatever leaves this PC is judged here, by its address and by where the connection really leads."""
