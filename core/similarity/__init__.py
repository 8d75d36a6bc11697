"""Vectors -> how alike two faces are: score, percentage, rank among strangers, verdict; and how often that is right."""
