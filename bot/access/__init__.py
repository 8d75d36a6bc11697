"""Whether the person and the bot may see what a request is about: servers, permissions, links and places."""
