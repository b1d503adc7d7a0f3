"""The regional system that keeps the hospital's schedule, asked by «Запись на приём к врачу» v2 (3.1)."""
