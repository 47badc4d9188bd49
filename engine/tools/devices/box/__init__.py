"""The plant in the box: one small simulated machine that real protocol servers on this PC make reachable."""
