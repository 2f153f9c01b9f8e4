"""The pages of people: the inbox, their preferences, and the service worker behind web push."""
