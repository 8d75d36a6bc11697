"""What people see of the bot in Discord: layouts, what can be pressed, progress, late answers, failures."""
