"""The page of figures: /admin/analytics/."""
