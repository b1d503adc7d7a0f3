"""The Asterisk side: guarded FastAGI and AMI, the telephone line of a story, configuration and processes."""
