"""How times are written on Django's own pages: as everywhere else."""
