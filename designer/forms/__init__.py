"""Forms made from JSON Schemas: params of nodes, run inputs, what gates ask, arguments of tools."""
