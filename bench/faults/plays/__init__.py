"""The faults themselves, by what they break. table.py says what each must come to."""
