"""What the tools answer: small, with an address for what is long, and a hint of what to do next."""
