"""Everything a fresh machine needs: system packages, Debian packages unpacked into a folder, voices, Asterisk."""
