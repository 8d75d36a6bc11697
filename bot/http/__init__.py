"""What the bot answers over HTTP: interactions in place of the gateway, health, and figures."""
