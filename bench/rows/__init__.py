"""What writing and reading rows costs on Postgres, each beside its peers: python -m bench rows"""
