"""Words out: phrases filled in, verbalised and spoken into sound files."""
