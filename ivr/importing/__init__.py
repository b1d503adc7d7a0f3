"""How a hospital brings its own patients, doctors and schedule in, from CSV files."""
