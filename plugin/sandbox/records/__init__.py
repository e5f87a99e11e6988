"""What the sandbox's shop is made of: one record per GraphQL type, attributes named as its fields in snake case."""
