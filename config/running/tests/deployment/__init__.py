"""What `deploy/` holds is read, checked by the programs it is written for where they are installed, and started."""
