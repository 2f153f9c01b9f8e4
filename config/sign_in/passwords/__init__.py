"""A forgotten password is reset by a letter, a known one is changed; either ends what the old one had signed in."""
