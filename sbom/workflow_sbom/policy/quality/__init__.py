"""How much a document says, with true values only."""
