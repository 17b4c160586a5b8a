"""Who we are to a registry: endpoints, challenges, tokens, credentials, logging in."""
