"""Web interfaces: the npm packages whose code is really in them."""
