"""The stories of a call. Knows phrases and keys by name; knows no telephone, no database, no voice."""
