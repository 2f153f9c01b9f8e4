"""Who is told, who tells, and sockets that behave badly."""
